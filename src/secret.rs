//! What must not be seen: values that never print, and keys of which nobody below the interpreter knows whether
//! they are part of a PIN.

use std::fmt;

/// A value that is never printed, logged, serialised or shown. `Debug` gives `***`.
///
/// `tests/secrets.rs` lists the few places that may call [`Secret::expose`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Takes `value` out of sight.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one place that must hand it on (a bound SQL parameter, a digest).
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// One key of a telephone: `0`-`9`, `*`, `#`, `A`-`D` (ITU-T Q.23; RFC 4733 3.2 numbers them 0..=15).
///
/// Prints as `·`: any key may be part of a PIN. [`Key::symbol`] is for the interpreter and for the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u8);

impl Key {
    /// The key that `symbol` stands for; lower-case letters are taken too.
    #[must_use]
    pub const fn from_symbol(symbol: char) -> Option<Self> {
        match symbol {
            '0'..='9' => Some(Self(symbol as u8 - b'0')),
            '*' => Some(Self(10)),
            '#' => Some(Self(11)),
            'A'..='D' => Some(Self(symbol as u8 - b'A' + 12)),
            'a'..='d' => Some(Self(symbol as u8 - b'a' + 12)),
            _ => None,
        }
    }

    /// The key with RFC 4733 event code `code`, 0..=15.
    #[must_use]
    pub const fn from_event(code: u8) -> Option<Self> {
        if code < 16 { Some(Self(code)) } else { None }
    }

    /// RFC 4733 event code, 0..=15.
    #[must_use]
    pub const fn event(self) -> u8 {
        self.0
    }

    /// What stands on the key.
    #[must_use]
    pub const fn symbol(self) -> char {
        match self.0 {
            0..=9 => (b'0' + self.0) as char,
            10 => '*',
            11 => '#',
            _ => (b'A' + self.0 - 12) as char,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("·")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_and_a_key_print_nothing_of_themselves() {
        assert_eq!(format!("{:?}", Secret::new("4711")), "***");
        assert_eq!(format!("{:?}", Key::from_symbol('7')), "Some(·)");
    }

    #[test]
    fn every_key_has_one_symbol_and_one_event_code() {
        for (code, symbol) in "0123456789*#ABCD".chars().enumerate() {
            let key = Key::from_symbol(symbol).unwrap();
            assert_eq!((key.symbol(), usize::from(key.event())), (symbol, code));
            assert_eq!(Key::from_event(key.event()), Some(key));
        }
        assert_eq!((Key::from_symbol('E'), Key::from_event(16)), (None, None));
    }
}
