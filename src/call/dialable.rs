//! Whether a number can be called back, and how it is written then: one number, one writing.
//!
//! A number comes as phones and carriers send it (`+86 138-0000-0001`, `008613800000001`, `anonymous`) or as a caller
//! keys it. What comes out is E.164 with its `+`, or a national number as it was dialled: which country that is, only
//! the operator's carrier knows.

use std::sync::Arc;

/// E.164 allows 15 figures; no country's subscribers have fewer than 7 with their area.
const FIGURES: std::ops::RangeInclusive<usize> = 7..=15;

/// The number to call, or `None` if nobody can be reached by it.
#[must_use]
pub fn dialable(written: &str) -> Option<Arc<str>> {
    let mut figures = String::with_capacity(written.len().min(32));
    let mut international = false;
    for (at, letter) in written.trim().chars().enumerate() {
        match letter {
            '+' if at == 0 => international = true,
            '0'..='9' if figures.len() <= 2 * FIGURES.end() => figures.push(letter),
            ' ' | '-' | '.' | '(' | ')' | '/' => {}
            _ => return None, // a name, or more figures than any number has
        }
    }
    // 00 is how most of the world writes the plus.
    if !international && let Some(rest) = figures.strip_prefix("00") {
        figures = rest.to_owned();
        international = true;
    }
    let first = figures.chars().next()?;
    let alike = figures.chars().all(|it| it == first);
    // No country code begins with 0 (E.164 6.2.1), and 0000000 or 1111111 is how a trunk writes 'withheld'.
    if !FIGURES.contains(&figures.len()) || alike || (international && first == '0') {
        return None;
    }
    Some(if international { format!("+{figures}") } else { figures }.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_is_written_in_one_way_and_what_is_none_is_refused() {
        #[rustfmt::skip]
        let table = [
            ("13800000001",          Some("13800000001")),
            (" 138 0000-0001 ",      Some("13800000001")),
            ("(010) 1234 5678",      Some("01012345678")),
            ("+86 138 0000 0001",    Some("+8613800000001")),
            ("008613800000001",      Some("+8613800000001")),
            ("+8613800000001",       Some("+8613800000001")),
            ("4008001234",           Some("4008001234")),
            ("1234567",              Some("1234567")),
            ("110",                  None),
            ("8001",                 None),
            ("123456",               None),
            ("1234567890123456",     None),
            ("+1234567890123456",    None),
            ("+08613800000001",      None),
            ("0000000",              None),
            ("11111111111",          None),
            ("",                     None),
            ("+",                    None),
            ("anonymous",            None),
            ("unavailable",          None),
            ("138+00000001",         None),
            ("1380000000#",          None),
            ("sip:13800000001@host", None),
            ("１３８００００００００１", None), // full width: no phone dials it
        ];
        for (written, expected) in table {
            assert_eq!(dialable(written).as_deref(), expected, "{written}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_a_number_of_e_164_length_or_none_and_twice_is_once(text in ".{0,60}|[+0-9 ().-]{0,40}") {
            if let Some(number) = dialable(&text) {
                let figures = number.strip_prefix('+').unwrap_or(&number);
                prop_assert!(FIGURES.contains(&figures.len()) && figures.bytes().all(|it| it.is_ascii_digit()));
                prop_assert_eq!(dialable(&number), Some(number));
            }
        }
    }
}
