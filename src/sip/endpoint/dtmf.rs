//! Keys in the body of an INFO: what phones send that have no RFC 4733.
//!
//! Two forms are in use and neither is a standard: `application/dtmf-relay` with `Signal=` and `Duration=` lines, and
//! `application/dtmf` with the key alone.

use std::time::Duration;

use bytes::Bytes;

use crate::secret::Key;
use crate::sip::message::Headers;

/// For keys whose sender says no duration.
const USUAL: Duration = Duration::from_millis(250);

/// No finger stays longer on a key.
const LONGEST: u64 = 60_000;

/// The key and how long it was held, if the body is of a form that we know. `Err` for a key that is none.
pub(super) fn key_of(headers: &Headers, body: &Bytes) -> Option<Result<(Key, Duration), BadKey>> {
    let kind = headers.content_type().ok()??;
    let text = String::from_utf8_lossy(body);
    if kind.is("application", "dtmf") {
        return Some(key(&text).map(|key| (key, USUAL)).ok_or(BadKey));
    }
    kind.is("application", "dtmf-relay").then(|| {
        let field = |name: &str| {
            let of = |line: &str| {
                let (its, value) = line.split_once('=')?;
                its.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            };
            text.lines().find_map(of)
        };
        let key = field("Signal").as_deref().and_then(key).ok_or(BadKey)?;
        let duration = field("Duration").and_then(|ms| ms.parse().ok());
        let duration = duration.map_or(USUAL, |ms: u64| Duration::from_millis(ms.min(LONGEST)));
        Ok((key, duration))
    })
}

/// The body says a key that no telephone has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key")]
pub(super) struct BadKey;

/// A symbol, or an event code of RFC 4733: `10` is `*`, `11` is `#`.
fn key(text: &str) -> Option<Key> {
    let text = text.trim();
    let mut symbols = text.chars();
    match (symbols.next(), symbols.next()) {
        (Some(symbol), None) => Key::from_symbol(symbol),
        _ => text.parse().ok().filter(|code| *code >= 10).and_then(Key::from_event),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &str, body: &'static str) -> Option<Result<(char, u64), BadKey>> {
        let mut headers = Headers::new();
        headers.push("Content-Type", kind);
        let read = key_of(&headers, &Bytes::from_static(body.as_bytes()));
        let shown = |(key, duration): (Key, Duration)| {
            (key.symbol(), u64::try_from(duration.as_millis()).unwrap())
        };
        read.map(|read| read.map(shown))
    }

    #[test]
    fn both_forms_are_read() {
        #[rustfmt::skip]
        let table = [
            ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", Some(Ok(('5', 160)))),
            ("application/dtmf-relay", "signal= #\nDuration= 90", Some(Ok(('#', 90)))),
            ("application/dtmf-relay", "Signal=11\r\n", Some(Ok(('#', 250)))),
            ("application/dtmf-relay", "Signal=*\r\nDuration=99999999", Some(Ok(('*', 60_000)))),
            ("application/dtmf-relay", "Duration=160", Some(Err(BadKey))),
            ("application/dtmf-relay", "Signal=55", Some(Err(BadKey))),
            ("application/dtmf-relay", "", Some(Err(BadKey))),
            ("application/dtmf", "7", Some(Ok(('7', 250)))),
            ("application/dtmf", " d\r\n", Some(Ok(('D', 250)))),
            ("application/dtmf", "16", Some(Err(BadKey))),
            ("application/media_control+xml", "<x/>", None),
        ];
        for (kind, body, expected) in table {
            assert_eq!(read(kind, body), expected, "{kind} {body:?}");
        }
    }
}
