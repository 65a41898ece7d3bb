// Tables that sort and search, and figures that zoom and tell what lies under the pointer. The page is whole without it.
"use strict";

(function () {
  const words = document.body.dataset;

  // Numbers as the page prints them: 1,234 −0.5 2.84×10⁻¹¹ <5 12 %; others have no order as numbers.
  function valueOf(text) {
    const plain = text.trim().replace(/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (c) => "-0123456789"["⁻⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(c)]);
    const found = plain.replace(/−/g, "-").replace(/(\d),(?=\d{3})/g, "$1").match(/^<?(-?\d+(?:\.\d+)?)(?:×10(-?\d+))?/);
    return found ? Number(found[1]) * 10 ** Number(found[2] || 0) : null;
  }

  function compare(a, b) {
    const x = valueOf(a), y = valueOf(b);
    if (x !== null && y !== null) return x - y;
    if (x === null && y === null) return a.localeCompare(b, undefined, { numeric: true });
    return x === null ? 1 : -1;
  }

  function makeSortable(table) {
    const body = table.tBodies[0], heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
        const rows = Array.from(body.rows);
        rows.sort((a, b) => sign * compare(a.cells[column].textContent, b.cells[column].textContent));
        body.append(...rows);
      });
    });
  }

  function makeSearchable(table) {
    const box = document.createElement("input");
    box.type = "search";
    box.className = "search";
    box.placeholder = words.search;
    box.setAttribute("aria-label", words.search + ": " + (table.caption ? table.caption.textContent : ""));
    box.addEventListener("input", () => {
      const wanted = box.value.toLowerCase();
      for (const row of table.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
    table.parentElement.before(box);
  }

  // A table that is wider than its place is scrolled by keyboard, too.
  const scrolling = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const isWide = target.scrollWidth > target.clientWidth, caption = target.querySelector("caption");
      for (const [name, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", caption ? caption.textContent : words.table]]) {
        if (isWide) target.setAttribute(name, value);
        else target.removeAttribute(name);
      }
    }
  });

  function parse(uri) {
    const bytes = Uint8Array.from(atob(uri.slice(uri.indexOf("base64,") + 7)), (c) => c.charCodeAt(0));
    const lines = new TextDecoder().decode(bytes).trimEnd().split("\n");
    const cells = (line) => Array.from(("," + line).matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g), (m) =>
      m[1] === undefined ? m[2] : m[1].replace(/""/g, '"'));
    const names = cells(lines[0]), columns = names.map(() => []);
    for (const line of lines.slice(1)) cells(line).forEach((cell, k) => columns[k].push(cell));
    return Object.fromEntries(names.map((name, k) => [name, columns[k]]));
  }

  const R2_COLOURS = ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"];

  // Columns to draw: x, y, colour, and what is told under the pointer.
  const CHARTS = {
    region(data) {
      return {
        x: data.base_pair_location.map((place) => place / 1e6),
        colour: data.r2.map((r2) => (r2 === "" ? "#b8c0c7" : R2_COLOURS[Math.min(4, Math.floor(5 * Number(r2)))])),
        label: words.position + ", Mb",
      };
    },
    manhattan(data) {
      const spans = new Map(), starts = new Map();
      data.chromosome.forEach((name, k) => {
        const place = Number(data.base_pair_location[k]), [low, high] = spans.get(name) || [place, place];
        spans.set(name, [Math.min(low, place), Math.max(high, place)]);
      });
      let at = 0;
      for (const name of Array.from(spans.keys()).sort((a, b) => a - b)) {
        const [low, high] = spans.get(name);
        starts.set(name, at - low);
        at += high - low;
      }
      return {
        x: data.chromosome.map((name, k) => (starts.get(name) + Number(data.base_pair_location[k])) / 1e6),
        colour: data.chromosome.map((name) => (name % 2 ? "#7fa8c9" : "#0072b2")),
        label: words.genome + ", Mb",
      };
    },
  };

  function draw(figure, button) {
    const data = parse(figure.querySelector("a[download]").href);
    const { x, colour, label } = CHARTS[button.dataset.chart](data);
    const y = data.p_value.map((p) => -Math.log10(Math.max(Number(p), 1e-300)));
    const source = new Bokeh.ColumnDataSource({ data: { ...data, x, y, colour } });
    const plot = Bokeh.Plotting.figure({
      tools: "pan,box_zoom,wheel_zoom,reset", height: 340, sizing_mode: "stretch_width", output_backend: "canvas",
      x_axis_label: label, y_axis_label: "−log10 p",
    });
    plot.toolbar.logo = null;
    plot.scatter({ field: "x" }, { field: "y" }, { source, size: 6, fill_color: { field: "colour" }, line_color: null });
    const told = Object.keys(data).filter((name) => data[name].some((cell) => cell !== ""));
    plot.add_tools(new Bokeh.HoverTool({ tooltips: told.map((name) => [name.replaceAll("_", " "), "@{" + name + "}"]) }));
    const place = document.createElement("div");
    place.className = "chart";
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", figure.querySelector("img").alt);
    figure.querySelector("img").after(place);
    Bokeh.Plotting.show(plot, place);
    return place;
  }

  function makeInteractive(button) {
    const figure = button.closest("figure"), image = figure.querySelector("img");
    let place = null;
    button.hidden = false;
    button.addEventListener("click", () => {
      const isOn = button.getAttribute("aria-pressed") === "true";
      if (!place) place = draw(figure, button);
      place.hidden = isOn;
      image.hidden = !isOn;
      button.setAttribute("aria-pressed", String(!isOn));
    });
  }

  document.querySelectorAll(".table").forEach((place) => scrolling.observe(place));
  for (const table of document.querySelectorAll(".table table")) {
    if (!table.tHead || !table.tBodies.length) continue;
    const rows = Array.from(table.tBodies[0].rows), width = table.tHead.rows[0].cells.length;
    if (rows.length < 2 || rows.some((row) => row.cells.length !== width)) continue;
    makeSortable(table);
    if (rows.length >= 8) makeSearchable(table);
  }
  document.querySelectorAll("button[data-chart]").forEach(makeInteractive);
  // Everything is printed, also what is folded away.
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => (part.open = true)));
})();
