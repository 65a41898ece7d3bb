"""What a run works on: checked settings, the freeze they select, and the values rules draw from them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import isfunction
from operator import attrgetter
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from pydantic import BaseModel

from alsreg.config.base import Section
from alsreg.config.freeze import DataFile, Freeze
from alsreg.config.load import load_freeze, parse_settings
from alsreg.config.settings import Settings
from alsreg.errors import ConfigError
from alsreg.provenance import digest
from alsreg.workflow.annotation_check import check_annotation
from alsreg.workflow.code import code_digest
from alsreg.workflow.compared import Comparison, find_comparison
from alsreg.workflow.meta_inputs import MetaInputs, check_meta
from alsreg.workflow.panel_check import check_panel


@dataclass(frozen=True)
class Run:
    """Settings, freeze, and the folder the pipeline lives in."""

    settings: Settings
    freeze: Freeze
    base: Path
    comparison: Comparison | None = None  # with an older freeze, where one is named

    @property
    def assays(self) -> list[str]:
        """Assays that some cohort uses, in the freeze's order."""
        used = {assay for cohort in self.freeze.cohorts.values() for assay in cohort.assays}
        return [assay for assay in self.freeze.assays if assay in used]

    @property
    def cohorts(self) -> list[str]:
        return list(self.freeze.cohorts)

    @property
    def shards(self) -> list[str]:
        return list(self.freeze.shards)

    @property
    def traits(self) -> list[str]:
        return list(self.settings.traits)

    def section(self, name: str, *keys: str) -> dict[str, Any]:
        """A section of the configuration as plain values, or only `keys` of it.

        A rule that takes it reruns when one of these values changes, and only then. Sections within a section are taken by
        their dotted name alone.
        """
        section = attrgetter(name)(self.settings)
        inner = {key for key in type(section).model_fields if isinstance(getattr(section, key), Section)}
        values = section.model_dump(mode="json", exclude=inner)
        return {key: values[key] for key in keys} if keys else values

    def code(self, rule: str) -> str:
        """Digest of the package modules that ``scripts/<stage>/<rule>.py`` uses."""
        return code_digest(self.base / "scripts" / f"{rule}.py")

    def path(self, file: DataFile) -> str:
        """Absolute path of a file of the freeze."""
        return str(self.freeze.resolve(file, self.base))

    def bind(self, module: ModuleType) -> SimpleNamespace:
        """The functions of a module ``(freeze, base, wildcards)`` as functions of the wildcards alone."""
        functions = {name: value for name, value in vars(module).items() if isfunction(value)}
        return SimpleNamespace(**{n: partial(f, self.freeze, self.base) for n, f in functions.items()})

    @property
    def named_input_files(self) -> dict[str, str]:
        """Every file of the freeze by its dotted key, those of the treated cohort, and the user's own list of genes."""
        others = {f"control.{name}": path for name, path in self.treated_files.items()}
        if self.settings.panel.genes is not None:
            others["panel.genes"] = self.gene_list(None)
        return {key: self.path(file) for key, file in freeze_files(self.freeze)} | others

    @property
    def input_files(self) -> list[str]:
        return list(self.named_input_files.values())

    @property
    def treated_files(self) -> dict[str, str]:
        """Mapping and tables of the treated cohort by name; none without a comparison."""
        if self.settings.control.treated is None:
            return {}
        from alsreg.workflow.registry_source import find_registry  # heavy: the import of clinical tables

        mapping = (self.base / self.settings.control.treated).resolve()
        return {"mapping": str(mapping)} | {name: str(path) for name, path in find_registry(mapping).paths.items()}

    @property
    def control_pages(self) -> list[str]:
        """The page of the comparison; none without one."""
        return [f"report/{self.freeze.id}/control.html"] if self.settings.control.treated else []

    def control_results(self, wildcards: Any) -> list[str]:
        """What the target ``control`` asks for.

        Raises
        ------
        ConfigError
            The stage is off.
        """
        if not self.control_pages:
            raise ConfigError("the control stage is off", where="key control.treated", remedy="see docs/control.md")
        return [*self.control_pages, f"control/{self.freeze.id}/effects.tsv"]

    def gene_list(self, wildcards: Any) -> str:
        """The list of genes: the user's own, or the one shipped."""
        return str((self.base / (self.settings.panel.genes or "resources/genes/als_genes.tsv")).resolve())

    def carriers_left_out(self, wildcards: Any) -> list[str]:
        """Who of a cohort carries something in a definitive gene, where its single-variant tests leave them out."""
        if self.freeze.annotation is None or wildcards.cohort not in self.settings.panel.leave_out_of:
            return []
        return [f"panel/{self.freeze.id}/{wildcards.cohort}/people.parquet"]

    def controls_of_shard(self, wildcards: Any) -> list[str]:
        """Allele counts of controls, whose variants are annotated too; none unless the panel asks for them."""
        return [f"annotation/{self.freeze.id}/{wildcards.shard}.controls.parquet"] if self._has_controls else []

    def panel_controls_of_cohort(self, wildcards: Any) -> list[str]:
        """Carriers per gene against public allele counts; none unless the panel asks for them."""
        names = ("controls", "control_masks", "control_losses") if self._is_compared(wildcards.cohort) else ()
        return [f"panel/{self.freeze.id}/{wildcards.cohort}/{name}.tsv" for name in names]

    def _is_compared(self, cohort: str) -> bool:
        """Arrays cannot be compared with sequenced controls."""
        kinds = {self.freeze.assays[assay].kind for assay in self.freeze.cohorts[cohort].assays}
        return self._has_controls and kinds != {"array"}

    @property
    def _has_controls(self) -> bool:
        return self.freeze.annotation is not None and bool(self.settings.panel.controls.strata)

    def panel_results(self, wildcards: Any) -> list[str]:
        """What the target ``panel`` asks for.

        Raises
        ------
        ConfigError
            The freeze has no annotation.
        """
        if self.freeze.annotation is None:
            raise ConfigError("without annotation nobody is known to carry anything", file=f"freeze {self.freeze.id}",
                              where="key annotation", remedy="see docs/annotation.md")  # fmt: skip
        compared = [f"panel/{self.freeze.id}/{name}/controls.tsv" for name in self.cohorts if self._is_compared(name)]
        return [*(f"panel/{self.freeze.id}/{name}/comparisons.tsv" for name in self.cohorts), *compared]

    def panel_of_cohort(self, wildcards: Any) -> list[str]:
        """Tables of the panel that the report reads; none if the freeze has no annotation."""
        if self.freeze.annotation is None:
            return []
        names = ("genes.tsv", "carriers.parquet", "people.parquet", "comparisons.tsv")
        return [f"panel/{self.freeze.id}/{wildcards.cohort}/{name}" for name in names]

    @property
    def all_settings(self) -> dict[str, Any]:
        """The settings as plain values, without what names the freeze."""
        return self.settings.model_dump(mode="json", exclude={"freeze", "freezes"})

    @property
    def settings_digest(self) -> str:
        """SHA-256 of settings and freeze."""
        return digest({"settings": self.all_settings, "freeze": self.freeze.model_dump(mode="json")})

    @property
    def freeze_summary(self) -> dict[str, Any]:
        """Id, date, and what assays and cohorts the freeze has; no paths."""
        plain = self.freeze.model_dump(mode="json", include={"assays": {"__all__": {"kind", "build", "has_reference_alleles"}},
                                                             "cohorts": True, "shards": True})  # fmt: skip
        return {"id": self.freeze.id, "date": self.freeze.freeze_date.isoformat(), **plain}

    @property
    def older_freezes(self) -> list[str]:
        """Id of the freeze compared with; none without a comparison."""
        return [self.comparison.older.id] if self.comparison else []

    def older(self, *patterns: str) -> list[str]:
        """Files of the older freeze: `Comparison.files`."""
        return self.comparison.files(self.comparison.older, *patterns) if self.comparison else []

    def newer(self, *patterns: str) -> list[str]:
        """The same files of the newer freeze."""
        return self.comparison.files(self.comparison.newer, *patterns) if self.comparison else []

    def compared(self, side: str) -> dict[str, Any]:
        """What the ``older`` or the ``newer`` freeze has, as plain values; nothing without a comparison."""
        return getattr(self.comparison, side).summary if self.comparison else {}

    @property
    def trait_types(self) -> dict[str, str]:
        """Type of each trait."""
        return {name: trait.type for name, trait in self.settings.traits.items()}

    @property
    def compared_cohorts(self) -> list[str]:
        """Cohorts of both freezes."""
        return self.comparison.cohorts if self.comparison else []

    @property
    def metas(self) -> MetaInputs:
        """What meta-analyses read."""
        return MetaInputs(self.settings, self.freeze.id, self.base)

    def comparison_results(self, wildcards: Any) -> list[str]:
        """What the target ``compare`` asks for.

        Raises
        ------
        ConfigError
            No two freezes are named.
        """
        if self.comparison is None:
            raise ConfigError("no two freezes to compare", where="key freezes",
                              remedy='name them, the older first: --config freezes=["2021-08","2022-02"]')  # fmt: skip
        return [f"compare/{self.freeze.id}/{self.comparison.older.id}/index.html"]

    @property
    def cohort_assays(self) -> dict[str, list[str]]:
        return {name: list(cohort.assays) for name, cohort in self.freeze.cohorts.items()}

    def relationships_of_cohort(self, wildcards: Any) -> list[str]:
        """How the people of a cohort are related, for models that account for it; none where relatives are left out."""
        if self.settings.relatedness == "exclude":
            return []
        return [f"structure/{self.freeze.id}/{wildcards.cohort}/relationships.npz"]

    def genes_of_cohort(self, wildcards: Any) -> list[str]:
        """Gene tests of a cohort; none if the freeze has no annotation."""
        if self.freeze.annotation is None:
            return []
        return [f"burden/{self.freeze.id}/{wildcards.cohort}/{trait}.genes.tsv" for trait in self.traits]

    def hits_of_cohort(self, wildcards: Any) -> list[str]:
        """Genes with small p-values seen from other sides; none if the freeze has no annotation."""
        return [f"burden/{self.freeze.id}/{wildcards.cohort}/hits.tsv"] if self.freeze.annotation else []

    def left_out_of_cohort(self, wildcards: Any) -> list[str]:
        """These genes without each of their variants; none if the freeze has no annotation."""
        return [f"burden/{self.freeze.id}/{wildcards.cohort}/left_out.tsv"] if self.freeze.annotation else []

    def analysis_of_cohort(self, wildcards: Any) -> dict[str, Any]:
        """What a report says of the analysis itself."""
        assays = list(self.freeze.cohorts[wildcards.cohort].assays)
        association = self.settings.association
        return {
            "cohort": wildcards.cohort,
            "assays": assays,
            "builds": {assay: self.freeze.assays[assay].build for assay in assays},
            "traits": self.settings.trait_specification.model_dump(mode="json")["traits"],
            "relatedness": self.settings.relatedness,
            "genome_wide_p": association.genome_wide_p,
            "lead_p": association.max_p_lead,
            "burden": self.section("burden", "tests", "weight_alpha", "weight_beta")
            if self.freeze.annotation
            else None,
        }


def start_run(config: Mapping[str, Any], base: str | Path) -> Run:
    """Check the configuration, load the freeze or freezes, and make new files private to owner and group.

    Raises
    ------
    ConfigError
        On any fault in the configuration or freeze, and when a file the freeze names does not exist.
    """
    os.umask(0o027)  # individual-level data: owner and group only
    base = Path(base).resolve()
    settings = parse_settings(config)
    freeze = load_freeze(settings.freezes[-1] if settings.freezes else settings.freeze, base)
    run = Run(settings, freeze, base, find_comparison(settings, freeze, base))
    check_annotation(settings.annotation, run.freeze.annotation)
    check_panel(settings, run.freeze, base)
    check_meta(settings, run.freeze, base)
    require_files(run)
    require_treated(run)
    return run


def require_files(run: Run) -> None:
    """Raise `ConfigError` naming every file of the freeze that is absent."""
    absent = [f"{key} ({path})" for key, path in absent_files(run.freeze, run.base).items()]
    if absent:
        raise ConfigError(
            f"files of the freeze are missing: {'; '.join(absent)}", file=f"freeze {run.freeze.id}",
            remedy="check `root` and the paths in the freeze file, and the environment variables they use",
        )  # fmt: skip


def require_treated(run: Run) -> None:
    """Raise `ConfigError` if a file of the treated cohort is absent or its page would be a cohort's."""
    absent = [f"{name} ({path})" for name, path in run.treated_files.items() if not Path(path).exists()]
    if absent:
        raise ConfigError(
            f"files of the treated cohort are missing: {'; '.join(absent)}", where="key control.treated",
            remedy="check the mapping file and the paths in it",
        )  # fmt: skip
    if run.control_pages and "control" in run.cohorts:
        raise ConfigError(
            "a cohort is called control, as the page of the comparison is", file=f"freeze {run.freeze.id}",
            where="key cohorts", value="control", remedy="give the cohort another name",
        )  # fmt: skip


def absent_files(freeze: Freeze, base: Path) -> dict[str, str]:
    """Dotted key and absolute path of every file of the freeze that does not exist."""
    paths = {key: freeze.resolve(file, base) for key, file in freeze_files(freeze)}
    return {key: str(path) for key, path in paths.items() if not path.exists()}


def freeze_files(node: BaseModel, key: str = "") -> list[tuple[str, DataFile]]:
    """Every file a freeze names, with its dotted key."""
    found: list[tuple[str, DataFile]] = []
    items: list[tuple[str, Any]] = [(f"{key}{name}", getattr(node, name)) for name in type(node).model_fields]
    for name, value in items:
        if isinstance(value, DataFile):
            found.append((name, value))
        elif isinstance(value, BaseModel):
            found += freeze_files(value, f"{name}.")
        elif isinstance(value, dict):
            items += [(f"{name}.{inner}", child) for inner, child in value.items()]
        elif isinstance(value, list):
            items += [(f"{name}[{position}]", child) for position, child in enumerate(value)]
    return found


def one_of(values: Sequence[str]) -> str:
    """A regular expression that matches exactly these names."""
    return "|".join(re.escape(value) for value in values)


def memory(mb: int) -> Callable[..., int]:
    """Memory in MB that doubles with every attempt."""

    def mem_mb(wildcards: Any, attempt: int) -> int:
        return mb * 2 ** (attempt - 1)

    return mem_mb


def runtime(minutes: int) -> Callable[..., int]:
    """Wall time in minutes that doubles with every attempt."""

    def runtime_minutes(wildcards: Any, attempt: int) -> int:
        return minutes * 2 ** (attempt - 1)

    return runtime_minutes
