//! What is to be keyed, as diallers write it: keys, and `,` for a pause.

use std::time::Duration;

use thiserror::Error;

use crate::secret::Key;

/// How long a `,` lasts.
pub(super) const PAUSE: Duration = Duration::from_secs(2);

/// The most that one line may hold.
const MOST: usize = 256;

/// One thing to key. `Debug` shows that there is a key, not which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stroke {
    Key(Key),
    /// [`PAUSE`].
    Pause,
}

/// Why a line cannot be keyed. The texts do not repeat it: it may be a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum DialError {
    #[error("character {0} is no key; there are 0 to 9, *, #, A to D, and `,` for a pause of 2 s")]
    NoKey(usize),
    #[error("more than {MOST} keys")]
    TooMany,
}

/// Reads `1,20260001#`. Spaces and hyphens, as people group digits, count for nothing.
pub(super) fn read(text: &str) -> Result<Vec<Stroke>, DialError> {
    let mut strokes = Vec::new();
    for (place, symbol) in text.chars().enumerate() {
        let stroke = match symbol {
            ' ' | '-' => continue,
            ',' => Stroke::Pause,
            symbol => Stroke::Key(Key::from_symbol(symbol).ok_or(DialError::NoKey(place + 1))?),
        };
        if strokes.len() == MOST {
            return Err(DialError::TooMany);
        }
        strokes.push(stroke);
    }
    Ok(strokes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, DialError> {
        let symbol = |stroke| match stroke {
            Stroke::Key(key) => key.symbol(),
            Stroke::Pause => ',',
        };
        Ok(read(text)?.into_iter().map(symbol).collect())
    }

    #[test]
    fn keys_and_pauses_are_read_and_grouping_is_not() {
        #[rustfmt::skip]
        let table = [
            ("1,20260001#", Ok("1,20260001#")),
            ("",            Ok("")),
            ("*ad",         Ok("*AD")),
            ("138-0000 01", Ok("138000001")),
            ("12x",         Err(DialError::NoKey(3))),
            ("１",          Err(DialError::NoKey(1))),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected.map(str::to_owned), "{text}");
        }
        assert_eq!(shown(&"1".repeat(257)), Err(DialError::TooMany));
    }

    #[test]
    fn neither_keys_nor_errors_show_what_was_keyed() {
        assert_eq!(format!("{:?}", read("47").unwrap()), "[Key(·), Key(·)]");
        assert!(!read("4711x").unwrap_err().to_string().contains("4711"));
    }
}
