//! Check digits by name: the last figures of a number follow from those before, so that one mistaken key is noticed
//! before a database is asked.
//!
//! | name | used for | source |
//! | --- | --- | --- |
//! | `luhn` | bank and recharge cards, IMEI | ISO/IEC 7812-1 annex B |
//! | `mod97` | bank accounts (the remainder of an IBAN), two figures | ISO/IEC 7064 MOD 97-10 |
//! | `mod11_2` | the Chinese resident identity number; the last place may be X | ISO/IEC 7064 MOD 11-2, GB 11643 |
//! | `mod11_10` | tax numbers | ISO/IEC 7064 MOD 11,10 |
//! | `damm`, `verhoeff` | numbers of one's own: both notice every wrong figure and every swapped pair | Damm 2004, Verhoeff 1969 |
//! | `ean` | goods: EAN-8, EAN-13, UPC, GTIN-14, SSCC | GS1 General Specifications 7.9 |

/// How the last figures of a number follow from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckDigit {
    /// Every second figure doubled, modulo 10.
    Luhn,
    /// The whole number leaves 1 when divided by 97.
    Mod97,
    /// Powers of two, modulo 11; the last place may be `*`, which stands for X (10).
    Mod11Two,
    /// The hybrid system with a figure as its check.
    Mod11Ten,
    /// A totally anti-symmetric quasigroup.
    Damm,
    /// The dihedral group of order ten.
    Verhoeff,
    /// Weights 3 and 1 from the right, modulo 10.
    Ean,
}

impl CheckDigit {
    /// What designers write, in the order of the docs.
    pub const NAMES: [&str; 7] =
        ["luhn", "mod97", "mod11_2", "mod11_10", "damm", "verhoeff", "ean"];

    /// The one called `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "luhn" => Self::Luhn,
            "mod97" => Self::Mod97,
            "mod11_2" => Self::Mod11Two,
            "mod11_10" => Self::Mod11Ten,
            "damm" => Self::Damm,
            "verhoeff" => Self::Verhoeff,
            "ean" => Self::Ean,
            _ => return None,
        })
    }

    /// What designers call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Luhn => "luhn",
            Self::Mod97 => "mod97",
            Self::Mod11Two => "mod11_2",
            Self::Mod11Ten => "mod11_10",
            Self::Damm => "damm",
            Self::Verhoeff => "verhoeff",
            Self::Ean => "ean",
        }
    }

    /// The fewest keys of a number with such a check: one figure and the check itself.
    #[must_use]
    pub const fn least(self) -> u8 {
        match self {
            Self::Mod97 => 3,
            Self::Luhn
            | Self::Mod11Two
            | Self::Mod11Ten
            | Self::Damm
            | Self::Verhoeff
            | Self::Ean => 2,
        }
    }

    /// Whether the last key may be `*`: no telephone has a key X.
    #[must_use]
    pub const fn takes_star(self) -> bool {
        matches!(self, Self::Mod11Two)
    }

    /// Whether `number`, as keyed, passes. Anything but figures (and a last `*` where that stands for X) does not.
    #[must_use]
    pub fn passes(self, number: &str) -> bool {
        let (body, last) = match number.strip_suffix('*') {
            Some(body) if self.takes_star() => (body, Some(10)),
            Some(_) | None => (number, None),
        };
        let figures = body.bytes().map(|it| it.is_ascii_digit().then(|| u32::from(it - b'0')));
        let figures: Option<Vec<u32>> = figures.chain(last.map(Some)).collect();
        figures.is_some_and(|it| it.len() >= usize::from(self.least()) && self.holds(&it))
    }

    fn holds(self, figures: &[u32]) -> bool {
        let from_right = || figures.iter().rev().copied().zip(0_usize..);
        match self {
            Self::Luhn => {
                let doubled = from_right().map(|(it, nth)| match it * 2 {
                    _ if nth % 2 == 0 => it,
                    twice if twice > 9 => twice - 9,
                    twice => twice,
                });
                doubled.sum::<u32>() % 10 == 0
            }
            Self::Mod97 => figures.iter().fold(0, |rest, it| (rest * 10 + it) % 97) == 1,
            // The check itself has weight 1; a figure's weight is twice that of the one behind it.
            Self::Mod11Two => figures.iter().fold(0, |sum, it| (sum * 2 + it) % 11) == 1,
            Self::Mod11Ten => {
                let Some((check, body)) = figures.split_last() else { return false };
                let rest = body.iter().fold(10, |rest, it| match (rest + it) % 10 {
                    0 => 20 % 11,
                    sum => sum * 2 % 11,
                });
                (rest + check) % 10 == 1
            }
            Self::Damm => {
                figures.iter().try_fold(0, |interim, it| step(&DAMM, interim, *it)) == Some(0)
            }
            Self::Verhoeff => {
                let moved = |(it, nth): (u32, usize)| {
                    PERMUTED.get(nth % PERMUTED.len())?.get(it as usize).copied()
                };
                from_right().try_fold(0, |sum, it| step(&DIHEDRAL, sum, moved(it)?.into()))
                    == Some(0)
            }
            Self::Ean => {
                let weighted = from_right().map(|(it, nth)| if nth % 2 == 0 { it } else { it * 3 });
                weighted.sum::<u32>() % 10 == 0
            }
        }
    }
}

/// One product of a table of ten by ten.
fn step(table: &[[u8; 10]; 10], left: u32, right: u32) -> Option<u32> {
    table.get(left as usize)?.get(right as usize).map(|it| u32::from(*it))
}

/// The quasigroup of order ten that Damm's thesis gives (H. M. Damm, Total anti-symmetrische Quasigruppen, 2004, p. 111).
#[rustfmt::skip]
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2], [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9], [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8], [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4], [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5], [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// Products in the dihedral group of order ten: 0 to 4 are rotations, 5 to 9 reflections.
#[rustfmt::skip]
const DIHEDRAL: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6], [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];

/// What becomes of a figure by its place from the right; after eight places it begins again.
#[rustfmt::skip]
const PERMUTED: [[u8; 10]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
    [5, 8, 0, 3, 7, 9, 6, 1, 4, 2], [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
    [9, 4, 5, 3, 1, 2, 6, 8, 7, 0], [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5], [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];

#[cfg(test)]
mod tests {
    use super::CheckDigit::{Damm, Ean, Luhn, Mod11Ten, Mod11Two, Mod97, Verhoeff};
    use super::*;

    #[test]
    fn published_numbers_pass_and_fail_with_one_wrong_figure() {
        #[rustfmt::skip]
        let table = [
            (Luhn,     "79927398713"),                  // the example of most texts on US patent 2,950,048
            (Luhn,     "490154203237518"),              // an IMEI, from 3GPP's and GSMA's guides
            (Luhn,     "4111111111111111"),             // the card that payment services test with
            (Mod97,    "79444"),                        // ISO/IEC 7064: 794 has the check 44
            (Mod97,    "3214282912345698765432161182"), // IBAN GB82 WEST 1234 5698 7654 32, rearranged, in figures
            (Mod97,    "370400440532013000131489"),     // IBAN DE89 3704 0044 0532 0130 00, likewise
            (Mod11Two, "07940"),                        // ISO/IEC 7064: 0794 has the check 0
            (Mod11Two, "11010519491231002*"),           // GB 11643-1999's own example, ...002X
            (Mod11Two, "440524188001010014"),           // its other one
            (Mod11Two, "000000021694233*"),             // ORCID 0000-0002-1694-233X, from ORCID's support page
            (Mod11Two, "0000000218250097"),             // ORCID 0000-0002-1825-0097
            (Mod11Ten, "07945"),                        // ISO/IEC 7064: 0794 has the check 5
            (Mod11Ten, "86095742719"),                  // a German tax number, the ministry's example
            (Mod11Ten, "33392005961"),                  // a Croatian OIB
            (Damm,     "5724"),                         // Damm: 572 has the check 4
            (Verhoeff, "2363"),                         // Verhoeff: 236 has the check 3
            (Verhoeff, "123451"),
            (Verhoeff, "1428570"),
            (Ean,      "4006381333931"),                // EAN-13
            (Ean,      "73513537"),                     // EAN-8
            (Ean,      "036000291452"),                 // UPC-A
            (Ean,      "6291041500213"),                // GS1's calculator
            (Ean,      "376104250021234569"),           // an SSCC, GS1's calculator
        ];
        for (check, number) in table {
            assert!(check.passes(number), "{} {number}", check.name());
            for at in 0..number.len() {
                let old = number.as_bytes()[at];
                for new in (b'0'..=b'9').filter(|new| *new != old) {
                    let mut other = number.as_bytes().to_vec();
                    other[at] = new;
                    let other = String::from_utf8(other).unwrap();
                    assert!(!check.passes(&other), "{} {other}", check.name());
                }
            }
        }
    }

    #[test]
    fn what_each_promises_about_swapped_neighbours_holds() {
        // Luhn alone lets 09 for 90 through; EAN lets pairs through that differ by five.
        let lets_through = |check: CheckDigit| {
            let all = (0..10_u32.pow(4)).map(|it| format!("{it:04}"));
            let mut swaps = 0;
            for number in all.filter(|it| check.passes(it)) {
                for at in 0..3 {
                    let mut other = number.clone().into_bytes();
                    other.swap(at, at + 1);
                    let other = String::from_utf8(other).unwrap();
                    swaps += u32::from(other != number && check.passes(&other));
                }
            }
            swaps
        };
        for (check, none) in [
            (Damm, true),
            (Verhoeff, true),
            (Mod97, true),
            (Mod11Two, true),
            (Luhn, false),
            (Ean, false),
        ] {
            assert_eq!(lets_through(check) == 0, none, "{}", check.name());
        }
    }

    #[test]
    fn what_is_no_number_passes_nothing() {
        for name in CheckDigit::NAMES {
            let check = CheckDigit::from_name(name).unwrap();
            assert_eq!(check.name(), name);
            for text in ["", "0", "*", "12a", "1*2", "１２", "-1", "#"] {
                assert!(!check.passes(text), "{} {text}", check.name());
            }
        }
        assert!(!Luhn.passes("7992739871*"));
        assert_eq!(CheckDigit::from_name("mod11"), None);
    }

    proptest::proptest! {
        #[test]
        fn every_number_has_exactly_one_check_and_any_text_is_answered(body in "[0-9]{1,31}", any in "\\PC{0,40}") {
            for check in CheckDigit::NAMES.into_iter().filter_map(CheckDigit::from_name) {
                let _ = check.passes(&any);
                let checks = match check {
                    Mod97 => (0..97).filter(|it| check.passes(&format!("{body}{it:02}"))).count(),
                    Mod11Two => "0123456789*".chars().filter(|it| check.passes(&format!("{body}{it}"))).count(),
                    Luhn | Mod11Ten | Damm | Verhoeff | Ean => {
                        (0..10).filter(|it| check.passes(&format!("{body}{it}"))).count()
                    }
                };
                proptest::prop_assert_eq!(checks, 1, "{} {}", check.name(), body);
            }
        }
    }
}
