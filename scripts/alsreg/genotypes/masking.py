"""Which annotated variants a mask selects: consequence, LOFTEE, scores and frequency elsewhere.

Frequency among the people tested is judged per trait, where the genes are tested. regenie's files know one word per variant and
gene: where a mask asks for more than the consequence, the word also names such masks that select the variant, as in
``missense_variant:damaging``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alsreg.config.annotation import AnnotationConfig, Mask
from alsreg.config.consequences import LOFTEE_TERMS, SEVERITY
from alsreg.errors import AnalysisError
from alsreg.formats.contigs import ORDER
from alsreg.formats.regenie import GeneSet
from alsreg.genotypes.site_values import frequency_column
from alsreg.tables.results import ANNOTATION, SITE_VALUES

# Why a row with a mask's consequence is not selected, the first that applies.
REASONS = ("n_not_confident", "n_without_score", "n_low_score", "n_common_elsewhere")
_SELECTED, _OTHER = len(REASONS), -1
# Column of a table to be judged: ALT frequency elsewhere, NaN where the variant was not seen there.
ELSEWHERE = "frequency_elsewhere"


def read_annotated(
    annotations: Sequence[str], values: Sequence[str], populations: Sequence[str], settings: AnnotationConfig,
    with_controls: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """The shards' annotation tables as one, with scores and frequencies elsewhere, and `ELSEWHERE` where there are populations.

    Variants that only the controls have are left out unless wanted.
    """
    table = pd.concat([ANNOTATION.read(path) for path in annotations], ignore_index=True)
    if "is_control_only" in table and not with_controls:
        table = table[~table["is_control_only"].astype(bool)].reset_index(drop=True)
    if values:
        sites = pd.concat([SITE_VALUES.read(path) for path in values], ignore_index=True)
        table = table.merge(sites, on="variant_id", how="left", validate="many_to_one")
    if populations:
        chosen = settings.external_populations or populations
        table[ELSEWHERE] = external_frequency(table, chosen, settings.external_rule)
    return table


def masks_of_rows(table: pd.DataFrame, names: Sequence[str], settings: AnnotationConfig) -> pd.Series:
    """The masks among `names` that select each row, joined by ``;``; empty where none does."""
    out = np.full(len(table), "", dtype=object)
    for name in names:
        chosen = select_rows(table, name, settings.masks[name], settings).is_selected
        out[chosen] = np.where(out[chosen] == "", "", out[chosen] + ";") + name
    return pd.Series(out, index=table.index)


@dataclass(frozen=True)
class Selection:
    """What became of the rows of an annotation table under one mask: index into `REASONS`, their number, or -1."""

    fate: np.ndarray  # (n,) int64

    @property
    def is_selected(self) -> np.ndarray:
        return self.fate == _SELECTED

    def counts(self, rows: pd.Series, variants: pd.Series) -> dict[str, int]:
        """Variants by fate among the rows of one consequence."""
        inside = rows.to_numpy(dtype=bool)
        chosen = {"n_selected": self.is_selected, **{name: self.fate == k for k, name in enumerate(REASONS)}}
        return {name: int(variants[inside & found].nunique()) for name, found in chosen.items()}


def select_rows(table: pd.DataFrame, name: str, mask: Mask, settings: AnnotationConfig) -> Selection:
    """Judge every row by one mask.

    Parameters
    ----------
    table
        One row per variant and gene: ``variant_id``, ``consequence``, and as far as the mask asks: ``lof``, ``lof_flags``,
        ``score_<name>``, `ELSEWHERE`.

    Raises
    ------
    AnalysisError
        If more than ``max_missing_scores`` of the variants that a rule of scores judges lack them.
    """
    consequence = table["consequence"]
    fate = np.where(consequence.isin(mask.all_consequences), _SELECTED, _OTHER).astype(np.int64)
    if mask.max_external_frequency is not None:
        is_common = (table[ELSEWHERE] > mask.max_external_frequency).to_numpy(dtype=bool)
        fate[(fate == _SELECTED) & is_common] = REASONS.index("n_common_elsewhere")
    for rule in mask.scored:
        inside = consequence.isin(rule.consequences).to_numpy(dtype=bool)
        values = columns_of(table, [f"score_{score}" for score in rule.min_scores], f"mask {name}").astype(float)
        reaches = values >= list(rule.min_scores.values())
        is_high = (reaches.all(axis=1) if rule.required == "all" else reaches.any(axis=1)).to_numpy(dtype=bool)
        known = values.notna()
        is_known = (known.all(axis=1) if rule.required == "all" else known.any(axis=1)).to_numpy(dtype=bool)
        _refuse_missing(name, list(rule.min_scores), table["variant_id"], (inside, is_known), settings)
        fate[inside & ~is_high] = REASONS.index("n_low_score")
        fate[inside & ~is_known] = REASONS.index("n_without_score")
    if mask.loftee != "any":
        judged = columns_of(table, ["lof", "lof_flags"], f"mask {name}")
        is_trusted = (judged["lof"] == "HC").fillna(False).to_numpy(dtype=bool)
        if mask.loftee == "high_confidence_without_flags":
            is_trusted &= judged["lof_flags"].isna().to_numpy()
        is_judged = consequence.isin(LOFTEE_TERMS).to_numpy(dtype=bool)
        fate[(fate != _OTHER) & is_judged & ~is_trusted] = REASONS.index("n_not_confident")
    return Selection(fate)


def columns_of(table: pd.DataFrame, names: list[str], who: str) -> pd.DataFrame:
    """Columns that a choice needs; an `AnalysisError` if no file of the freeze gave them."""
    absent = [name for name in names if name not in table.columns]
    if absent:
        raise AnalysisError(f"{who} needs {', '.join(absent)}, which no file gave", where="key annotation",
                            remedy="give `annotation.scores`, `frequencies` or a `vcf` with LOFTEE's LoF in the freeze")  # fmt: skip
    return table[names]


def external_frequency(table: pd.DataFrame, populations: Sequence[str], rule: str) -> pd.Series:
    """Frequency elsewhere: the highest of the populations, or that of the first that has the variant; NaN if none has."""
    values = columns_of(table, [frequency_column(name) for name in populations], "the frequency elsewhere").astype(
        float
    )
    return values.max(axis=1) if rule == "highest" else values.bfill(axis=1).iloc[:, 0]


def _refuse_missing(
    name: str, scores: list[str], variants: pd.Series, rows: tuple[np.ndarray, np.ndarray], settings: AnnotationConfig
) -> None:
    inside, is_known = rows
    n = variants[inside].nunique()
    n_missing = n - variants[inside & is_known].nunique()
    if n and n_missing > settings.max_missing_scores * n:
        raise AnalysisError(
            f"{n_missing} of {n} variants that mask {name} judges have no score ({', '.join(scores)})",
            where="key annotation.max_missing_scores", value=settings.max_missing_scores,
            remedy="check the score's files and their build in the freeze, or raise the limit to accept the loss",
        )  # fmt: skip


def categories(table: pd.DataFrame, masks: Mapping[str, Mask], selections: Mapping[str, Selection]) -> pd.Series:
    """One word per row for regenie's annotation file."""
    asking = [name for name, mask in masks.items() if not mask.is_plain]
    suffix = np.full(len(table), "", dtype=object)
    for name in asking:
        chosen = selections[name].is_selected
        suffix[chosen] = np.where(suffix[chosen] == "", ":", suffix[chosen] + "+") + name
    return table["consequence"].astype(object) + suffix


def mask_categories(words: pd.Series, consequence: pd.Series, name: str, mask: Mask) -> list[str]:
    """The words that a mask selects, for regenie's mask file: most severe first, then by name."""
    present = pd.DataFrame({"word": words, "consequence": consequence}).drop_duplicates()
    if mask.is_plain:
        split = present[present["word"] != present["consequence"]]
        by_term = split.groupby("consequence")["word"].agg(sorted).to_dict()
        return [word for term in mask.consequences for word in (term, *by_term.get(term, ()))]
    is_named = present["word"].str.partition(":")[2].str.split("+").apply(lambda names: name in names)
    chosen = present[is_named.astype(bool)]
    return sorted(chosen["word"], key=lambda word: (SEVERITY[word.partition(":")[0]], word))


def name_places(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """A symbol on two chromosomes is two genes: each takes its chromosome into its name; and which symbols those are."""
    is_split = table.groupby("gene")["chromosome"].transform("nunique") > 1
    renamed = table["gene"].where(~is_split, table["gene"] + "_chr" + table["chromosome"])
    return table.assign(gene=renamed), sorted(table.loc[is_split, "gene"].unique())


def gene_sets(table: pd.DataFrame) -> list[GeneSet]:
    """Genes by chromosome and first position, variants in order of position."""
    ordered = table.assign(rank=table["chromosome"].map(ORDER)).sort_values(["rank", "position", "ref", "alt"])
    sets = [
        GeneSet(str(gene), rows["chromosome"].iloc[0], int(rows["position"].iloc[0]), tuple(rows["variant_id"]))
        for gene, rows in ordered.groupby("gene", sort=True)
    ]
    return sorted(sets, key=lambda s: (ORDER[s.chromosome], s.position, s.gene))
