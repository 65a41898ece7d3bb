"""Foreign DNA from the reads of homozygotes.

After CHARR (Lu et al. 2023, Am J Hum Genet 110:2068): at a site where a sample is homozygous REF, foreign DNA brings
ALT reads in proportion to its share and to the ALT frequency.
"""

from __future__ import annotations

import numpy as np


def contamination_from_reads(alt_fraction: np.ndarray, frequency: np.ndarray) -> tuple[np.ndarray, float]:
    """Fraction of foreign DNA in each sample.

    ``alt_fraction = background + contamination * frequency``; the background (sequencing and mapping error) is that of
    the median sample.

    # ASSUME at least half of an assay's samples are clean: foreign DNA common to all of them cannot be seen.

    Parameters
    ----------
    alt_fraction
        Mean ALT share of the reads at a sample's homozygous REF genotypes, ``(n,)``; NaN without reads.
    frequency
        Mean ALT frequency of the same variants, ``(n,)``.

    Returns
    -------
    contamination ``(n,)``, not below 0, NaN without reads or frequency; background.
    """
    is_known = np.isfinite(alt_fraction) & np.isfinite(frequency) & (frequency > 0)
    if not is_known.any():
        return np.full(len(alt_fraction), np.nan), float("nan")
    background = float(np.median(alt_fraction[is_known]))
    excess = np.where(is_known, alt_fraction - background, np.nan)
    return np.maximum(excess / np.where(is_known, frequency, np.nan), 0), background
