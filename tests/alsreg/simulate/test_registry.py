"""The registry on disk: complete, true to its truth file, the same for the same seed."""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cyvcf2 import VCF

from alsreg.errors import InputError
from alsreg.simulate import command
from alsreg.simulate.registry import balance_shards, simulate_registry
from alsreg.simulate.sizes import PRESET_PEOPLE, PRESETS, FaultCounts

SMALL = replace(
    PRESETS["mini"],
    loci_per_chromosome=1,
    burden_codons=400,
    faults=FaultCounts(trios=1, parent_child=0, siblings=1, swaps=1, contaminated=1, low_call_rate=1),
)


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "freeze.yaml"
    }


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate_registry(tmp_path_factory.mktemp("small") / "one", 60, 5, SMALL).parent


def test_same_seed_same_bytes_for_any_number_of_processes(small: Path, tmp_path: Path) -> None:
    again = simulate_registry(tmp_path / "two", 60, 5, SMALL, n_processes=2).parent
    assert _digests(again) == _digests(small)
    assert len(_digests(small)) > 15


def test_another_seed_is_another_registry(small: Path, tmp_path: Path) -> None:
    other = _digests(simulate_registry(tmp_path / "other", 60, 6, SMALL).parent)
    same = [name for name, digest in _digests(small).items() if other[name] == digest]
    assert {name for name in same if "chain" not in name and not name.endswith(".fai")} == set()


def test_one_file_per_chromosome(tmp_path: Path) -> None:
    size = replace(SMALL, has_file_per_chromosome=True, shards=23)
    folder = simulate_registry(tmp_path / "split", 60, 5, size).parent
    names = sorted(path.name for path in (folder / "genotypes").glob("wgs*.vcf.gz"))
    assert len(names) == 23
    assert [line for line in (folder / "freeze.yaml").read_text().splitlines() if line.startswith("  chr")][:2] == [
        "  chr1:", "  chr2:",
    ]  # fmt: skip
    assert sum(1 for _ in VCF(str(folder / "genotypes/wgs.GRCh38.chrX.vcf.gz"))) > 0


def test_nothing_is_left_where_a_registry_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("here")
    with pytest.raises(InputError, match="not empty"):
        simulate_registry(tmp_path / "full", 60, 1, SMALL)
    with pytest.raises(InputError, match="simulate more people"):
        simulate_registry(tmp_path / "few", 9, 1, SMALL)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]


def test_freeze_names_files_that_exist(registry) -> None:
    freeze, folder = registry.freeze, registry.folder
    files = [file for assay in freeze.assays.values() for file in assay.files]
    files += [getattr(freeze.clinical, name) for name in ("patients", "visits", "events", "samples", "pedigree")]
    files += [freeze.fasta, freeze.annotation.gff3, freeze.assays["wes"].capture_bed, *freeze.chains.values()]
    for file in files:
        assert freeze.resolve(file, folder).is_file()
        assert freeze.resolve(file, Path("/elsewhere")) == freeze.resolve(file, folder), "the root is absolute"
    assert {name: cohort.assays for name, cohort in freeze.cohorts.items()} == {
        "array": ["array"], "wes": ["wes"], "wgs": ["wgs"], "all": ["wgs", "wes", "array"],
    }  # fmt: skip
    assert sum(len(held) for held in freeze.shards.values()) == 23 and len(freeze.shards) == 2


def test_samples_table_and_vcfs_name_the_same_samples(registry) -> None:
    samples = pd.read_csv(registry.folder / "registry/samples.csv")
    patients = pd.read_csv(registry.folder / "registry/patients.csv")
    assert patients["person_id"].is_unique and len(patients) == 141 == registry.truth["n_registered"]
    assert set(samples["person_id"]) == set(patients["person_id"])
    for assay, spec in registry.freeze.assays.items():
        names = VCF(registry.vcf(assay)).samples
        assert sorted(names) == sorted(samples.loc[samples["assay"] == assay, "sample_id"])
        assert len(names) == spec.n_samples == registry.truth["n_samples"][assay]
    wes = samples["assay"] == "wes"
    assert samples.loc[wes, "capture_kit"].notna().all() and samples.loc[~wes, "capture_kit"].isna().all()


def test_tables_have_the_columns_of_the_real_registry(registry) -> None:
    items = "speech salivation swallowing handwriting cutting dressing turning_in_bed walking climbing_stairs dyspnea orthopnea respiratory_insufficiency"
    columns = {
        "patients": "person_id site sex birth_date onset_date registration_date onset_region el_escorial family_history reported_ancestry",
        "visits": f"person_id visit_date {items}",
        "events": "person_id event event_date",
        "samples": "sample_id assay person_id platform_version capture_kit centre dna_date",
        "pedigree": "person_id father mother",
    }
    for name, expected in columns.items():
        assert list(pd.read_csv(registry.folder / f"registry/{name}.csv").columns) == expected.split()


def test_planted_variants_stand_in_all_three_assays_with_the_frequency_told(registry) -> None:
    chains = {"array": (1_500, 2_700), "wes": (400, 900), "wgs": (0, 0)}
    for effect in registry.truth["effects"]:
        prefix = effect["chromosome"]
        for assay, shifts in chains.items():
            vcf = VCF(registry.vcf(assay), gts012=True)
            contig = f"chr{prefix}" if assay == "wgs" else prefix
            found = [
                record for shift in shifts
                for record in vcf(f"{contig}:{effect['position'] + shift}-{effect['position'] + shift}")
                if effect["position"] + shift == record.POS
            ]  # fmt: skip
            assert found, f"{effect['variant_id']} is not on {assay}"
            if assay != "array":
                record = found[0]
                assert (effect["ref"], [effect["alt"]]) == (record.REF, record.ALT)
                dosage = record.gt_types[record.gt_types < 3]
                assert dosage.mean() / 2 == pytest.approx(effect["effect_allele_frequency"], abs=0.15)


def _array_dosages(registry) -> tuple[np.ndarray, list[str]]:
    vcf = VCF(registry.vcf("array"), gts012=True)
    names = vcf.samples
    dosage = np.array([record.gt_types.astype(float) for record in vcf if record.CHROM != "X"])
    dosage[dosage == 3] = np.nan
    return dosage, names


def test_low_call_rate_is_where_it_says(registry) -> None:
    for fault in registry.truth["faults"]["low_call_rate"]:
        vcf = VCF(registry.vcf(fault["assay"]), gts012=True)
        missing = np.mean([record.gt_types == 3 for record in vcf], axis=0)
        assert np.argmax(missing) == vcf.samples.index(fault["sample"])
        assert missing.max() > 0.12 and np.median(missing) < 0.05


def test_contamination_is_where_it_says(registry) -> None:
    """Sequenced samples have unbalanced reads at common sites; arrays see `test_assays`."""
    faults = [fault for fault in registry.truth["faults"]["contaminated"] if fault["assay"] != "array"]
    assert {fault["assay"] for fault in faults} == {"wes", "wgs"}
    for fault in faults:
        vcf = VCF(registry.vcf(fault["assay"]), gts012=True)
        column = vcf.samples.index(fault["sample"])
        reads, depth = [], []
        for record in vcf:
            if record.CHROM.removeprefix("chr") == "X" or len(record.ALT) > 1:
                continue
            ad = record.format("AD")
            is_common = 0.2 < ad[:, 1].sum() / ad.sum() < 0.8
            if is_common:
                balance = np.minimum(ad[:, 0], ad[:, 1]) / np.maximum(ad.sum(axis=1), 1)
                reads.append((balance > 0.03) & (balance < 0.3) & (ad.sum(axis=1) >= 15))
                depth.append(ad.sum(axis=1) >= 15)
        odd = np.sum(reads, axis=0) / np.maximum(np.sum(depth, axis=0), 1)
        assert np.argmax(odd) == column


def test_sex_of_the_table_disagrees_with_x_only_where_it_says(registry) -> None:
    vcf = VCF(registry.vcf("wgs"))
    samples = pd.read_csv(registry.folder / "registry/samples.csv").set_index("sample_id")
    sex = pd.read_csv(registry.folder / "registry/patients.csv").set_index("person_id")["sex"]
    record = next(iter(vcf("chrX")))
    is_male = pd.Series([genotype[1] == -2 or len(genotype) == 2 for genotype in record.genotypes], index=vcf.samples)
    persons = samples.loc[vcf.samples, "person_id"]
    wrong = {p for p, male in zip(persons, is_male, strict=True) if (sex[p] == "M") != male}
    planted = {fault["person"] for fault in registry.truth["faults"]["sex_mismatches"]}
    assert wrong <= planted
    assert planted & set(persons) == wrong


def test_relatives_and_second_registrations_share_genotypes(registry) -> None:
    """Identity by state within the exomes and arrays: parents and children never are opposite homozygotes."""
    dosage, names = _array_dosages(registry)
    samples = pd.read_csv(registry.folder / "registry/samples.csv").set_index("sample_id")
    column = {samples.loc[name, "person_id"]: index for index, name in enumerate(names)}
    spoiled = {p for fault in registry.truth["faults"]["swaps"] for p in fault["persons"]}
    tested = 0
    for pair in registry.truth["faults"]["relatives"]:
        if pair["kind"] != "parent-child" or not set(pair["persons"]) <= set(column) - spoiled:
            continue
        one, other = (dosage[:, column[person]] for person in pair["persons"])
        assert np.nanmean(np.abs(one - other) == 2) < 0.01
        tested += 1
    unrelated = np.nanmean(np.abs(dosage[:, 0] - dosage[:, 1]) == 2)
    assert tested > 0 and unrelated > 0.03


def test_truth_is_complete(registry) -> None:
    truth = registry.truth
    assert [effect["trait"] for effect in truth["effects"]] == [e.trait for e in registry.size.effects]
    for effect in truth["effects"]:
        assert set(effect["power"]) == {"genome_wide", "nominal", "bonferroni"}
        assert effect["power"]["genome_wide"] < effect["power"]["bonferroni"] < effect["power"]["nominal"]
        assert effect["maf"] == pytest.approx(
            min(effect["effect_allele_frequency"], 1 - effect["effect_allele_frequency"])
        )
        assert effect["maf"] > 0.2 and 100 < effect["n"] == truth["n_analysed"] <= 140
    counts = {kind: len(rows) for kind, rows in truth["faults"].items()}
    assert counts == {"swaps": 1, "duplicates": 1, "sex_mismatches": 1, "contaminated": 3, "low_call_rate": 3,
                      "relatives": 2 + 1 + 1, "clinical_rows": 9}  # fmt: skip
    n_union = truth["n_variants"]
    assert max(truth["n_records"].values()) <= n_union <= sum(truth["n_records"].values())
    assert truth["thresholds"]["variants"]["bonferroni"] == 0.05 / n_union
    for assay, expected in truth["n_records"].items():
        assert sum(1 for _ in VCF(registry.vcf(assay))) == expected


def test_clinical_rows_named_in_the_truth_are_in_the_files(registry) -> None:
    for fault in registry.truth["faults"]["clinical_rows"]:
        lines = (registry.folder / "registry" / fault["file"]).read_text().splitlines()
        header, cells = lines[0].split(","), lines[fault["row"] - 1].split(",")
        assert cells[header.index("person_id")] == fault["person"]
        assert cells[header.index(fault["column"])] == fault["value"]


def test_demo_plants_an_effect_of_sufficient_power_in_each_trait() -> None:
    """Needs no genotypes: people, effects and visits are enough for the closed form."""
    from alsreg.simulate.cohort import draw_cohort, planted_loci
    from alsreg.simulate.genome import CHROMOSOMES, build_chromosome
    from alsreg.simulate.people import draw_assays
    from alsreg.simulate.sizes import stream

    size = replace(PRESETS["demo"], loci_per_chromosome=2)
    genome = {name: build_chromosome(name, size, 1, planted_loci(size)) for name in CHROMOSOMES}
    cohort = draw_cohort(genome, PRESET_PEOPLE["demo"], size, 1)
    from alsreg.simulate.clinical import draw_visits
    from alsreg.simulate.truth import Analysed, _burden_truth, _effect_truth

    visits, _ = draw_visits(cohort.courses, stream(1, "visits"))
    has_assay = draw_assays(cohort.n_people, stream(1, "assays"))
    usable = np.arange(cohort.n_people) < 265
    analysed = Analysed(usable, has_assay[:, 1:].any(axis=1), visits)
    powers: dict[str, float] = {}
    for planted in cohort.planted:
        effect = _effect_truth(cohort, planted, analysed, {"genome_wide": 5e-8})
        powers[planted.effect.trait] = max(powers.get(planted.effect.trait, 0), effect["power"]["genome_wide"])
    assert set(powers) == {"age_at_onset", "slope", "survival", "bulbar_onset"}
    assert min(powers.values()) >= 0.9
    assert _burden_truth(cohort, analysed, {"genes": 0.05 / 750})["power"]["genes"] > 0.5


def test_shards_are_neighbours_of_equal_weight() -> None:
    weights = {str(number): 10 + number % 3 for number in range(1, 24)}
    shards = balance_shards(weights, 3)
    assert [name for held in shards.values() for name in held] == list(weights)
    totals = [sum(weights[name] for name in held) for held in shards.values()]
    assert len(totals) == 3 and max(totals) < 1.2 * min(totals)
    assert next(iter(shards)).startswith("chr1-")
    assert balance_shards(weights, 23) == {f"chr{name}": [name] for name in weights}
    assert list(balance_shards(weights, 1)) == ["chr1-23"]


def test_command_line_writes_a_registry(tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch) -> None:
    monkeypatch.setitem(PRESETS, "mini", SMALL)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    arguments = parser.parse_args(
        ["--out", str(tmp_path / "a b"), "--preset", "mini", "--people", "60", "--seed", "5", "--processes", "1"]
    )
    assert command.run(arguments) == 0
    truth = json.loads((tmp_path / "a b/truth.json").read_text())
    assert (truth["freeze"], truth["seed"], truth["n_people"]) == ("mini", 5, 60)
    assert str(tmp_path / "a b/freeze.yaml") in capsys.readouterr().out
