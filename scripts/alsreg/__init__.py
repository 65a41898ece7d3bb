"""From an ALS registry and three kinds of VCF to association, rare-variant and survival results."""
