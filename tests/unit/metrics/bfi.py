"""Sums of the items A1 to A5 of psychTools' `bfi` (2,800 people, scale 1 to 6, public): n, S_i, S_j and S_ij per pair.

Sums alone, counted over those who answered both (pairwise), and over those who answered all five (listwise, n = 2,709).
"""

from services.metrics.statistics.drivers import PairSums

BFI_PAIRWISE = {
    ("A1", "A1"): PairSums(2784, 6719, 6719, 21731),
    ("A1", "A2"): PairSums(2757, 6657, 13235, 30413),
    ("A1", "A3"): PairSums(2759, 6657, 12700, 29303),
    ("A1", "A4"): PairSums(2767, 6677, 12997, 30519),
    ("A1", "A5"): PairSums(2769, 6676, 12624, 29547),
    ("A2", "A2"): PairSums(2773, 13317, 13317, 67761),
    ("A2", "A3"): PairSums(2751, 13205, 12657, 62794),
    ("A2", "A4"): PairSums(2758, 13239, 12949, 63763),
    ("A2", "A5"): PairSums(2757, 13242, 12565, 61938),
    ("A3", "A3"): PairSums(2774, 12771, 12771, 63495),
    ("A3", "A4"): PairSums(2759, 12701, 12950, 61535),
    ("A3", "A5"): PairSums(2758, 12692, 12569, 60124),
    ("A4", "A4"): PairSums(2781, 13070, 13070, 67512),
    ("A4", "A5"): PairSums(2765, 12980, 12607, 60768),
    ("A5", "A5"): PairSums(2784, 12696, 12696, 62306),
}
BFI_LISTWISE = {
    ("A1", "A1"): PairSums(2709, 6535, 6535, 21107),
    ("A1", "A2"): PairSums(2709, 6535, 12996, 29822),
    ("A1", "A3"): PairSums(2709, 6535, 12459, 28724),
    ("A1", "A4"): PairSums(2709, 6535, 12684, 29759),
    ("A1", "A5"): PairSums(2709, 6535, 12329, 28865),
    ("A2", "A2"): PairSums(2709, 12996, 12996, 66094),
    ("A2", "A3"): PairSums(2709, 12996, 12459, 61793),
    ("A2", "A4"): PairSums(2709, 12996, 12684, 62437),
    ("A2", "A5"): PairSums(2709, 12996, 12329, 60705),
    ("A3", "A3"): PairSums(2709, 12459, 12459, 61909),
    ("A3", "A4"): PairSums(2709, 12459, 12684, 60237),
    ("A3", "A5"): PairSums(2709, 12459, 12329, 58954),
    ("A4", "A4"): PairSums(2709, 12684, 12684, 65372),
    ("A4", "A5"): PairSums(2709, 12684, 12329, 59284),
    ("A5", "A5"): PairSums(2709, 12329, 12329, 60421),
}
