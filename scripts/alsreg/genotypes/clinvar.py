"""What ClinVar says of variants: CLNSIG and CLNREVSTAT of its sites VCF.

Layout: https://ftp.ncbi.nlm.nih.gov/pub/clinvar/README_VCF.txt. One record per allele; blanks are underscores; several terms are
joined by ``|`` (or ``,`` in older files), classifications of one kind by ``/``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from alsreg.formats.sites import VCF_COLUMNS, Layout, SitesReader
from alsreg.genotypes.harmonise import References
from alsreg.genotypes.placing import Counts, VariantPlaces, check_reference, place_alleles, split_alleles

COLUMNS = ["clinvar_significance", "clinvar_review", "is_pathogenic"]
# Germline classifications that call a variant causal; "Conflicting_..." does not.
PATHOGENIC = {"pathogenic", "likely_pathogenic"}


def is_pathogenic(significance: str) -> bool:
    """Whether CLNSIG calls a variant pathogenic or likely pathogenic; low penetrance and risk alleles are not."""
    text = (
        significance.lower().replace("likely_pathogenic,_low_penetrance", "").replace("pathogenic,_low_penetrance", "")
    )
    terms = text.replace(",", "|").split("|")
    return any(part in PATHOGENIC for term in terms for part in term.strip("_").split("/"))


def look_up_clinvar(
    files: Sequence[tuple[str, str]], places: VariantPlaces, references: References, max_mismatch_rate: float, counts: Counts
) -> pd.DataFrame:  # fmt: skip
    """Significance and review status of the variants at hand.

    Parameters
    ----------
    files
        Path and build of each VCF.

    Returns
    -------
    DataFrame indexed by ``variant_id`` with `COLUMNS`; variants that ClinVar lacks are absent. Of several records about one variant
    all that is said is joined by ``;``.
    """
    layout = Layout(VCF_COLUMNS, ("CLNSIG", "CLNREVSTAT"), is_vcf=True)
    parts = [pd.DataFrame(columns=["variant_id", *layout.fields], dtype=object)]
    for path, build in files:
        reader, chain = SitesReader(path, layout, build), references.chains.get(build)
        rows: Counts = Counter()
        for block in reader.rows(places.regions(chain)):
            rows["read", False] += len(block)
            placed = place_alleles(split_alleles(block, ()), chain, references.genome, rows)
            parts.append(places.match(placed, rows)[["variant_id", *layout.fields]])
        check_reference(rows, max_mismatch_rate, path, build)
        counts.update(rows)
    found = pd.concat(parts)
    found = found[found["CLNSIG"] != ""]
    joined = found.groupby("variant_id")[list(layout.fields)].agg(lambda texts: ";".join(sorted(set(texts))))
    joined.columns = COLUMNS[:2]
    flags = [any(is_pathogenic(term) for term in text.split(";")) for text in joined["clinvar_significance"]]
    return joined.assign(is_pathogenic=flags)
