"""The words for what a variant does to a gene, from most to least severe."""

from __future__ import annotations

# Sequence Ontology terms in Ensembl's order of severity
# (https://www.ensembl.org/info/genome/variation/prediction/predicted_data.html).
SEQUENCE_ONTOLOGY = (
    "transcript_ablation",
    "splice_acceptor_variant",
    "splice_donor_variant",
    "stop_gained",
    "frameshift_variant",
    "stop_lost",
    "start_lost",
    "transcript_amplification",
    "feature_elongation",
    "feature_truncation",
    "inframe_insertion",
    "inframe_deletion",
    "missense_variant",
    "protein_altering_variant",
    "splice_donor_5th_base_variant",
    "splice_region_variant",
    "splice_donor_region_variant",
    "splice_polypyrimidine_tract_variant",
    "incomplete_terminal_codon_variant",
    "start_retained_variant",
    "stop_retained_variant",
    "synonymous_variant",
    "coding_sequence_variant",
    "mature_miRNA_variant",
    "5_prime_UTR_variant",
    "3_prime_UTR_variant",
    "non_coding_transcript_exon_variant",
    "intron_variant",
    "NMD_transcript_variant",
    "non_coding_transcript_variant",
    "coding_transcript_variant",
    "upstream_gene_variant",
    "downstream_gene_variant",
    "TFBS_ablation",
    "TFBS_amplification",
    "TF_binding_site_variant",
    "regulatory_region_ablation",
    "regulatory_region_amplification",
    "regulatory_region_variant",
    "intergenic_variant",
    "sequence_variant",
)

# Regions, as ready tables give them where nobody worked out the protein change (ANNOVAR's words).
REGIONS = (
    "exonic",
    "splicing",
    "ncRNA_exonic",
    "ncRNA_splicing",
    "UTR5",
    "UTR3",
    "ncRNA_intronic",
    "intronic",
    "upstream",
    "downstream",
    "intergenic",
)

# What ``bcftools csq`` prints, where it is not the ontology's own term (csq.c of bcftools 1.21).
BCFTOOLS_TERMS = {
    "splice_acceptor": "splice_acceptor_variant",
    "splice_donor": "splice_donor_variant",
    "frameshift": "frameshift_variant",
    "inframe_altering": "protein_altering_variant",
    "missense": "missense_variant",
    "splice_region": "splice_region_variant",
    "start_retained": "start_retained_variant",
    "stop_retained": "stop_retained_variant",
    "synonymous": "synonymous_variant",
    "coding_sequence": "coding_sequence_variant",
    "5_prime_utr": "5_prime_UTR_variant",
    "3_prime_utr": "3_prime_UTR_variant",
    "non_coding": "non_coding_transcript_variant",
    "intron": "intron_variant",
    "intergenic": "intergenic_variant",
}

# What SnpEff prints in ANN, where it is not the ontology's term of the list above (EffectType.java of SnpEff 5). An empty
# word says nothing about a gene's product and is passed over.
SNPEFF_TERMS = {
    "conservative_inframe_deletion": "inframe_deletion",
    "disruptive_inframe_deletion": "inframe_deletion",
    "conservative_inframe_insertion": "inframe_insertion",
    "disruptive_inframe_insertion": "inframe_insertion",
    "rare_amino_acid_variant": "missense_variant",
    "initiator_codon_variant": "start_retained_variant",
    "non_canonical_start_codon": "start_retained_variant",
    "5_prime_UTR_premature_start_codon_gain_variant": "5_prime_UTR_variant",
    "5_prime_UTR_truncation": "5_prime_UTR_variant",
    "3_prime_UTR_truncation": "3_prime_UTR_variant",
    "exon_loss_variant": "feature_truncation",
    "feature_ablation": "transcript_ablation",
    "splice_branch_variant": "splice_polypyrimidine_tract_variant",
    "non_coding_exon_variant": "non_coding_transcript_exon_variant",
    "conserved_intron_variant": "intron_variant",
    "gene_variant": "intron_variant",
    "intragenic_variant": "intron_variant",
    "miRNA": "mature_miRNA_variant",
    "intergenic_region": "intergenic_variant",
    "conserved_intergenic_variant": "intergenic_variant",
    "structural_interaction_variant": "",
    "protein_protein_contact": "",
    "sequence_feature": "",
    "custom": "",
    "duplication": "",
    "inversion": "",
    "chromosome": "",
    "chromosome_number_variation": "",
    "exon_region": "",
    "feature_fusion": "",
    "gene_fusion": "",
    "bidirectional_gene_fusion": "",
    "rearranged_at_DNA_level": "",
}
# Consequences that LOFTEE judges (https://github.com/konradjk/loftee).
LOFTEE_TERMS = ("splice_acceptor_variant", "splice_donor_variant", "stop_gained", "frameshift_variant")

VOCABULARY = (*SEQUENCE_ONTOLOGY, *REGIONS)
SEVERITY = {term: rank for rank, term in enumerate(VOCABULARY)}
