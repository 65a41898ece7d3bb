"""INFO fields that say what each allele does to each transcript: VEP's CSQ and SnpEff's ANN.

CSQ: https://www.ensembl.org/info/docs/tools/vep/vep_formats.html#vcf; ANN: https://pcingola.github.io/SnpEff/snpeff/inputoutput/.
Either program may use the other's field name, so the header's description tells them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alsreg.config.consequences import SEVERITY, SNPEFF_TERMS
from alsreg.errors import InputError
from alsreg.formats.sites import SitesHeader

FIELDS = ("CSQ", "ANN", "vep")  # the last is gnomAD's name
COLUMNS = ["gene", "consequence", "transcript", "is_mane", "is_canonical", "lof", "lof_filter", "lof_flags"]
# Parts that tell kinds of transcript, by the kind's name in the configuration.
KINDS = {"mane": ("MANE_SELECT", "MANE"), "canonical": ("CANONICAL",)}
_VEP, _SNPEFF = "Format: ", "Functional annotations: "


@dataclass(frozen=True)
class TranscriptField:
    """One INFO field and where its parts stand; -1 where it has no such part.

    `is_vep` also decides how alleles are written: SnpEff repeats ALT, VEP drops a base that all alleles share.
    """

    name: str
    is_vep: bool
    names: tuple[str, ...]
    scores: Mapping[str, str] = field(default_factory=dict)  # our name: the part that holds it

    def place(self, *names: str) -> int:
        """Index of the first of these parts that there is."""
        return next((self.names.index(name) for name in names if name in self.names), -1)

    @property
    def has_loftee(self) -> bool:
        return self.place("LoF") >= 0


def find_field(
    header: SitesHeader, path: str | Path, scores: Mapping[str, str], wanted: Sequence[str]
) -> TranscriptField:
    """The field of a VCF that describes transcripts.

    Parameters
    ----------
    scores
        Our name of each score: the part of CSQ that holds it.
    wanted
        Kinds of transcript that the configuration names.

    Raises
    ------
    InputError
        If there is no such field, or it lacks a score's part, or what tells the kinds of transcript apart.
    """
    found = [name for name in FIELDS if name in header.info]
    if not found:
        raise InputError("no INFO field of transcripts in the header", file=path, where="header",
                         value=", ".join(list(header.info)[:20]), remedy="annotate with VEP (--vcf) or SnpEff")  # fmt: skip
    description = header.info[found[0]][1]
    is_vep = _VEP in description and _SNPEFF not in description
    if not is_vep and _SNPEFF not in description:
        raise InputError(f"the description of {found[0]} does not say its parts", file=path, where="header",
                         value=description[:80], remedy="keep the header line that VEP or SnpEff wrote")  # fmt: skip
    parts = description.split(_VEP if is_vep else _SNPEFF, 1)[1].strip().strip("'\"").split("|")
    told = TranscriptField(found[0], is_vep, tuple(part.strip(" '\"") for part in parts), scores)
    for name, part in scores.items():
        if part not in told.names:
            raise InputError(f"{told.name} has no part {part} for score {name}", file=path, where="header",
                             value="|".join(told.names), remedy="correct `annotation.csq_scores`")  # fmt: skip
    for kind, names in KINDS.items():
        if kind in wanted and told.place(*names) < 0:
            raise InputError(f"{told.name} does not tell {kind} transcripts", file=path, where="header",
                             value="|".join(told.names),
                             remedy=f"annotate with VEP's --{kind}, or leave {kind} out of annotation.transcripts")  # fmt: skip
    return told


def vep_alleles(ref: str, alts: Sequence[str]) -> list[str]:
    """ALT alleles as VEP writes them: without the first base where lengths differ and all alleles (but ``*``) share it.

    Source: ``create_VariationFeatures`` in Bio::EnsEMBL::VEP::Parser::VCF.
    """
    is_indel = any(len(alt) != len(ref) for alt in alts)
    if not is_indel or len({allele[:1] for allele in (ref, *alts) if allele != "*"}) > 1:
        return list(alts)
    return [alt if alt == "*" else alt[1:] or "-" for alt in alts]


class EntryReader:
    """Turns a record's text of the field into one row per allele and gene product, for one file.

    Attributes
    ----------
    n_unmatched
        Entries about an allele that the record does not have.
    """

    def __init__(self, told: TranscriptField, path: str | Path) -> None:
        self._told, self._path, self.n_unmatched, self.n_entries = told, path, 0, 0
        names = (("Allele",), ("ALLELE_NUM",), ("Consequence", "Annotation"), ("SYMBOL", "Gene_Name"), ("Gene", "Gene_ID"),
                 ("Feature", "Feature_ID"), KINDS["mane"], KINDS["canonical"], ("LoF",), ("LoF_filter",), ("LoF_flags",))  # fmt: skip
        self._places = [told.place(*options) for options in names]
        self._scores = [told.names.index(part) for part in told.scores.values()]
        self._severe: dict[str, str] = {}

    def read(self, text: str, ref: str, alts: Sequence[str], allele: int, where: str) -> list[tuple[object, ...]]:
        """Rows of `COLUMNS`, then the scores, of the entries about ALT number `allele` (from 1)."""
        rows = []
        spelled = vep_alleles(ref, alts) if self._told.is_vep else list(alts)
        for entry in text.split(","):
            parts = entry.split("|")
            name, number, terms, symbol, gene, transcript, mane, canonical, lof, lof_filter, lof_flags = (
                parts[k] if 0 <= k < len(parts) else "" for k in self._places
            )
            self.n_entries += 1
            known = int(number) if number.isdigit() else spelled.index(name) + 1 if name in spelled else 0
            self.n_unmatched += known == 0
            product = symbol or gene
            consequence = self._most_severe(terms, where) if known == allele else ""
            if not consequence or consequence == "intergenic_variant" or not product:
                continue
            scores = (_highest(parts[k]) if k < len(parts) else None for k in self._scores)
            rows.append(
                (product, consequence, transcript, mane != "", canonical == "YES", lof, lof_filter, lof_flags, *scores)
            )
        return rows

    def _most_severe(self, terms: str, where: str) -> str:
        """The most severe of the terms of one transcript in our vocabulary; empty if they say nothing about it."""
        if terms not in self._severe:
            words = [SNPEFF_TERMS.get(term, term) for term in terms.split("&")]
            for word, term in zip(words, terms.split("&"), strict=True):
                if word and word not in SEVERITY:
                    raise InputError("unknown consequence", file=self._path, where=where, value=term,
                                     remedy="use Sequence Ontology terms as VEP and SnpEff print them")  # fmt: skip
            self._severe[terms] = min((word for word in words if word), key=SEVERITY.__getitem__, default="")
        return self._severe[terms]

    def check(self) -> None:
        """Raise `InputError` if most entries are about alleles that their records do not have."""
        if self.n_entries >= 20 and self.n_unmatched > 0.5 * self.n_entries:
            raise InputError(f"{self.n_unmatched} of {self.n_entries} entries of {self._told.name} name an allele that "
                             "their record does not have", file=self._path,
                             remedy="annotate the records as they are, or with VEP's --allele_number")  # fmt: skip


def _highest(text: str) -> float | None:
    """The highest of the numbers joined by ``&`` or ``,``; None without one."""
    values = []
    for word in text.replace(",", "&").split("&"):
        try:
            values.append(float(word))
        except ValueError:
            continue  # "." and empty: no value for that transcript
    return max(values, default=None)
