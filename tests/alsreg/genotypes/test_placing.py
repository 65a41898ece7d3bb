"""Rows of outside files in normal form on GRCh38, against bcftools norm."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from alsreg.errors import InputError
from alsreg.formats.chain import read_chain
from alsreg.formats.fasta import Genome
from alsreg.formats.variant_ids import variant_ids
from alsreg.genotypes.alleles import reverse_complement
from alsreg.genotypes.placing import VariantPlaces, check_reference, place_alleles, split_alleles
from helpers.sites import repetitive_bases, variants_of, write_genome

_NORM = "import sys; from pysam import bcftools; bcftools.norm(*sys.argv[1:], catch_stdout=False)"


def random_records(bases, n, seed):
    """Multiallelic SNPs, insertions and deletions in a spelling of their own, ``(position, ref, alts)``."""
    rng = np.random.default_rng(seed)
    out = []
    for position in np.sort(rng.choice(np.arange(2, len(bases) - 20), n, replace=False)):
        ref = bases[position - 1 : position - 1 + int(rng.integers(1, 7))]
        alts = {ref[: int(rng.integers(1, len(ref) + 1))] + "".join(rng.choice(list("ACGT"), int(rng.integers(0, 4)))) + ref[-1:]
                for _ in range(3)} | {ref[:1] + ref}  # fmt: skip
        alts = sorted(alts - {ref})
        out.append((int(position), ref, alts))
    return out


def normalised_by_bcftools(tmp_path, fasta, records):
    body = "".join(f"1\t{p}\t.\t{r}\t{','.join(a)}\t.\t.\t.\n" for p, r, a in records)
    head = "##fileformat=VCFv4.2\n##contig=<ID=1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (tmp_path / "in.vcf").write_text(head + body)
    command = [
        sys.executable,
        "-c",
        _NORM,
        "-m",
        "-any",
        "-f",
        fasta,
        "-o",
        str(tmp_path / "out.vcf"),
        str(tmp_path / "in.vcf"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    lines = [line.split("\t")[:5] for line in (tmp_path / "out.vcf").read_text().splitlines() if line[0] != "#"]
    return {f"{c}_{p}_{r}_{a}" for c, p, _, r, a in lines}


def rows_of(records, chromosome="1"):
    table = pd.DataFrame(records, columns=["position", "ref", "alts"])
    return table.assign(chromosome=chromosome, alt=table["alts"].str.join(","), n="x").drop(columns="alts")


def names(table):
    return set(variant_ids(table["chromosome"], table["position"], table["ref"], table["alt"]))


def test_split_and_left_aligned_as_by_bcftools_norm(tmp_path):
    bases = repetitive_bases(2000, 1)
    fasta = write_genome(tmp_path, {"1": bases})
    records = random_records(bases, 300, 2)
    placed = place_alleles(split_alleles(rows_of(records), ()), None, Genome(fasta), Counter())
    expected = normalised_by_bcftools(tmp_path, fasta, records)
    assert names(placed) == expected and len(expected) > 700


def test_reversed_stretch__indels_keep_their_place_where_the_genome_is_known(tmp_path):
    """The source is the target read backwards: every variant comes back as bcftools norm has it on the target."""
    bases = repetitive_bases(1000, 3)
    source = reverse_complement(bases)
    fasta = write_genome(tmp_path, {"1": bases})
    n = len(bases)
    (tmp_path / "x.chain").write_text(f"chain 1 1 {n} + 0 {n} 1 {n} - 0 {n} 1\n{n}\n")
    chain = read_chain(tmp_path / "x.chain")
    records = random_records(source, 100, 4)
    counts = Counter()
    placed = place_alleles(split_alleles(rows_of(records), ()), chain, Genome(fasta), counts)
    turned = [
        (n - (p - 1) - len(r) + 1, reverse_complement(r), [reverse_complement(a) for a in alts])
        for p, r, alts in records
    ]
    assert names(placed) == normalised_by_bcftools(tmp_path, fasta, sorted(turned)) and len(placed) > 200
    blind = Counter()
    kept = place_alleles(split_alleles(rows_of(records), ()), chain, None, blind)
    assert len(kept) + blind["lift_reversed_indel", True] == counts["placed_on_grch38", False] == len(placed)


def test_values_go_with_their_allele():
    rows = pd.DataFrame({"chromosome": "1", "position": [5, 6, 7], "ref": "A", "alt": ["C,<DEL>,G", "T", "C,G"],
                         "af": ["0.1,0.2,0.3", "0.4", "0.5"], "text": ["x,y", "z", "w"]})  # fmt: skip
    out = split_alleles(rows, ("af",))
    assert out[["position", "alt", "af", "text", "allele", "alts"]].to_numpy().tolist() == [
        [5, "C", "0.1", "x,y", 1, "C,<DEL>,G"], [5, "G", "0.3", "x,y", 3, "C,<DEL>,G"], [6, "T", "0.4", "z", 1, "T"],
        [7, "C", "0.5", "w", 1, "C,G"], [7, "G", "0.5", "w", 2, "C,G"],
    ]  # fmt: skip


def test_match__counts_rows_and_compares_the_reference(tmp_path):
    places = VariantPlaces(variants_of(["1_10_A_C", "1_20_A_AT", "2_10_G_T"]))
    rows = pd.DataFrame({"chromosome": ["1", "1", "1", "2", "1"], "position": [10, 10, 20, 10, 11],
                         "ref": ["A", "A", "A", "C", "A"], "alt": ["C", "G", "AT", "T", "C"]})  # fmt: skip
    counts = Counter()
    found = places.match(rows, counts)
    assert found["variant_id"].tolist() == ["1_10_A_C", "1_20_A_AT"]
    assert counts == {("matched", False): 2, ("alleles_differ", True): 2, ("not_among_the_variants", True): 1,
                      ("ref_compared", False): 3, ("ref_differs", False): 1}  # fmt: skip


def test_a_file_on_another_build_is_refused_by_its_reference_alleles():
    counts = Counter({("ref_compared", False): 40, ("ref_differs", False): 2})
    check_reference(counts, 0.05, "f", "GRCh38")
    with pytest.raises(InputError, match="REF differs from ours at 3 of 40 SNPs at shared positions: not GRCh38"):
        check_reference(counts + Counter({("ref_differs", False): 1}), 0.05, "f", "GRCh38")
    check_reference(Counter({("ref_compared", False): 19, ("ref_differs", False): 19}), 0.05, "f", "GRCh38")


def test_regions__reach_into_the_file_through_the_chain(tmp_path):
    (tmp_path / "x.chain").write_text(
        "chain 1 1 5000 + 1000 2000 1 5000 + 3000 4000 1\n1000\n\nchain 1 2 5000 + 0 500 1 5000 - 0 500 2\n500\n"
    )
    chain = read_chain(tmp_path / "x.chain")
    regions = VariantPlaces(variants_of(["1_3500_A_C", "1_5000_A_C", "1_900_A_C"])).regions(chain)
    # 3500 stands 499 bases into the first chain; 5000 is the first base of the second, read backwards: base 1 of chromosome 2.
    assert {name: part.tolist() for name, part in regions.items()} == {"1": [[1450, 1550]], "2": [[1, 51]]}
    assert VariantPlaces(variants_of(["1_3500_A_C"])).regions(None)["1"].tolist() == [[3450, 3550]]
