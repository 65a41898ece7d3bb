"""From annotation, genotypes, ClinVar and repeats to the panel's tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.config.annotation import AnnotationConfig
from alsreg.config.panel import PanelConfig
from alsreg.formats.pgen import PgenWriter
from alsreg.tables.genotypes import MERGED_VARIANTS, PERSONS
from alsreg.tables.panel import PANEL_CARRIERS, PANEL_GENES, PANEL_PEOPLE, PANEL_REPEATS, PANEL_VARIANTS
from alsreg.tables.results import ANNOTATION
from helpers.filled import fill
from helpers.sites import variants_of, write_vcf
from panel.find_carriers import Cohort, Sources, find_carriers

NAMES = ["9_100_A_C", "9_200_G_T", "21_300_C_T", "21_400_A_G"]
GENES = ["AAA", "AAA", "BBB", "BBB"]
PEOPLE = ["p0", "p1", "p2", "p3"]
OUTPUTS = {
    "genes": PANEL_GENES,
    "variants": PANEL_VARIANTS,
    "carriers": PANEL_CARRIERS,
    "repeats": PANEL_REPEATS,
    "people": PANEL_PEOPLE,
}


@pytest.fixture
def inputs(tmp_path: Path):
    """p0 to p2 have an exome, p3 an array; shards out of the annotation's order."""
    counts = {
        "9_100_A_C": [1, 0, 0, 0],
        "9_200_G_T": [0, 0, 0, 1],
        "21_300_C_T": [1, 2, -9, 0],
        "21_400_A_G": [0, 0, 1, 0],
    }
    for shard, names in {"b": NAMES[2:], "a": NAMES[:2]}.items():
        pvar = variants_of(names)
        with PgenWriter(tmp_path / shard, pd.DataFrame({"IID": PEOPLE, "SEX": "F"}), 2) as writer:
            writer.append(pvar, np.array([counts[name] for name in names], np.int8))
        MERGED_VARIANTS.write(fill(MERGED_VARIANTS, pd.DataFrame({
            "variant_id": names, "chromosome": pvar["CHROM"], "position": pvar["POS"], "carrier_set": "wes+array",
            "alt_frequency": [0.125, 0.125], "is_excluded": [False, names[1] == "21_400_A_G"],
        })), tmp_path / f"{shard}.variants.parquet")  # fmt: skip
    all_variants = variants_of(NAMES)
    ANNOTATION.write(fill(ANNOTATION, pd.DataFrame({
        "variant_id": NAMES, "chromosome": all_variants["CHROM"], "position": all_variants["POS"], "ref": all_variants["REF"],
        "alt": all_variants["ALT"], "gene": GENES, "consequence": "missense_variant", "source": "vcf",
    })).drop(columns=["lof", "lof_filter", "lof_flags", "is_control_only"]), tmp_path / "annotation.parquet")  # fmt: skip
    PERSONS.write(fill(PERSONS, [
        *({"assay": "wes", "sample": f"E{k}", "person": PEOPLE[k], "is_usable": True} for k in range(3)),
        {"assay": "array", "sample": "A3", "person": "p3", "is_usable": True},
    ]), tmp_path / "persons.tsv")  # fmt: skip
    (tmp_path / "genes.tsv").write_text(
        "# version: 7\ngene\ttier\tsource\tdate\nAAA\tdefinitive\tx\t\nBBB\tmoderate\tx\t\nC9orf72\tdefinitive\tx\t\n"
    )
    (tmp_path / "places.tsv").write_text("gene\tchromosome\tstart\tend\n")
    eh = "chr9\t1\t.\tC\t<STR5>\t.\tPASS\tVARID=C9ORF72;REPID=C9ORF72\tGT:REPCN:REPCI\t1/1:2/600:2-2/500-700\t1/1:2/3:2-2/3-3\t1/1:2/900:2-2/800-999\n"
    (tmp_path / "eh.vcf").write_text(
        "##fileformat=VCFv4.1\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tE1\tE2\tOTHER\n" + eh
    )
    clinvar = write_vcf(tmp_path / "clinvar.vcf", ['<ID=CLNSIG,Number=.,Type=String,Description="x">', '<ID=CLNREVSTAT,Number=.,Type=String,Description="x">'],
                        ["9 100 A C CLNSIG=Pathogenic;CLNREVSTAT=x"])  # fmt: skip
    return tmp_path, clinvar


def run(inputs, *, told: bool = True, **settings):
    folder, clinvar = inputs
    cohort = Cohort("all", [f"{folder}/{s}.pgen" for s in "ba"], [f"{folder}/{s}.variants.parquet" for s in "ba"],
                    f"{folder}/persons.tsv", {"wes": "wes", "array": "array"})  # fmt: skip
    sources = Sources([f"{folder}/annotation.parquet"], clinvar=[(clinvar, "GRCh38")] if told else (),
                      repeats=[f"{folder}/eh.vcf"] if told else (), repeat_assay="wes")  # fmt: skip
    outputs = {
        name: f"{folder}/out.{name}.{'parquet' if name in ('carriers', 'repeats', 'people') else 'tsv'}"
        for name in OUTPUTS
    }
    find_carriers((f"{folder}/genes.tsv", f"{folder}/places.tsv"), cohort, sources,
                  (PanelConfig(max_allele_frequency=0.5, **settings), AnnotationConfig()), outputs)  # fmt: skip
    return {name: table.read(outputs[name]) for name, table in OUTPUTS.items()}


def test_carriers_by_person_and_gene(inputs) -> None:
    found = run(inputs)
    assert found["carriers"][["person", "gene", "copies"]].to_numpy().tolist() == [
        ["p0", "AAA", 1], ["p3", "AAA", 1], ["p0", "BBB", 1], ["p1", "BBB", 2],
    ]  # fmt: skip
    genes = found["genes"].set_index("gene")
    assert genes["n_carriers"].tolist() == [1, 2, 0] and genes["n_carriers_elsewhere"].tolist() == [1, 0, 0]
    assert genes["n_pathogenic_carriers"].tolist() == [1, 0, 0] and (genes["n_assessed"] == 3).all()
    assert genes.loc["C9orf72", ["repeat_status", "n_repeat_assessed", "n_expanded"]].tolist() == ["assessed", 2, 1]
    assert (genes["list_version"] == "7").all()
    status = found["variants"].set_index("variant_id")["status"]
    assert status.to_dict() == {
        "9_100_A_C": "counted",
        "9_200_G_T": "counted",
        "21_300_C_T": "counted",
        "21_400_A_G": "excluded by variant QC",
    }
    assert found["repeats"]["person"].tolist() == ["p1", "p2"]


def test_without_files_nothing_is_assumed(inputs) -> None:
    genes = run(inputs, told=False)["genes"].set_index("gene")
    assert genes["n_pathogenic_carriers"].isna().all()
    assert genes.loc["C9orf72", "repeat_status"] == "not assessed" and genes["n_expanded"].isna().all()


@pytest.mark.parametrize(("settings", "expected"), [
    ({}, []), ({"leave_out_of": ["other"]}, []), ({"leave_out_of": ["all"]}, ["p0", "p1", "p3"]),
    ({"leave_out_of": ["all"], "leave_out_by": "clinvar_pathogenic"}, ["p0", "p1"]),
])  # fmt: skip
def test_who_is_left_out(inputs, settings: dict, expected: list[str]) -> None:
    """p1 has an expanded repeat; p3's variant was seen by an array."""
    people = run(inputs, **settings)["people"]
    assert people.loc[people["is_left_out"].astype(bool), "person"].tolist() == expected
    assert people["definitive_genes"].fillna("").tolist() == ["AAA", "C9orf72", "", "AAA"]
    assert people["is_assessed"].tolist() == [True, True, True, False]
