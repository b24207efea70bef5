//! The head of a message: start line and header lines, split and unfolded (RFC 3261 7.1 to 7.3.1).
//!
//! Done by hand: it is most of the work on a message, and what nom would be given here has no grammar to speak of.

use bytes::Bytes;
use memchr::{memchr, memchr2, memmem};

use super::parse::{MAX_HEADERS, Why};
use super::{BadUri, Headers, Method, Name, Status, Uri, grammar};

/// What a head says, as far as it can be read: the first fault is noted, and reading goes on, so that a request that
/// is refused can still be answered.
pub(super) struct Head {
    pub(super) start: Option<Start>,
    /// The method of a request line, even when the rest of that line is no good.
    pub(super) method: Option<Method>,
    /// All that could be read, Content-Length included.
    pub(super) headers: Headers,
    pub(super) fault: Option<Why>,
}

pub(super) enum Start {
    Request { method: Method, uri: Uri },
    Response { status: Status, reason: String },
}

/// How many bytes the head in front of `bytes` has, its empty line included.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4)
}

/// How many bytes of line ends stand in front of a message (RFC 3261 7.5).
pub(super) fn line_ends(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some(after) = rest.strip_prefix(b"\r\n") {
        rest = after;
    }
    bytes.len() - rest.len()
}

/// Reads a head, with its empty line or cut off somewhere.
pub(super) fn read(head: &Bytes) -> Head {
    let mut lines = Lines { bytes: head, at: 0 };
    let mut fault = None;
    let mut method = None;
    let start = match lines.next() {
        Some(Line { start, end, .. }) => {
            let line = head.get(start..end).unwrap_or_default();
            start_line(line, &mut method).map_err(|why| fault = Some(why)).ok()
        }
        None => {
            fault = Some(Why::StartLine);
            None
        }
    };
    let headers = header_lines(head, lines, &mut fault);
    Head { start, method, headers, fault }
}

fn header_lines(head: &Bytes, lines: Lines<'_>, fault: &mut Option<Why>) -> Headers {
    let mut headers = Headers::new();
    for (number, line) in lines.enumerate() {
        if number == MAX_HEADERS {
            fault.get_or_insert(Why::TooManyHeaders);
            break;
        }
        match header(head, &line) {
            Some((name, _)) if name.is_single() && headers.has(name.clone()) => {
                fault.get_or_insert(Why::repeated(&name));
            }
            Some((name, value)) => headers.push_raw(name, value),
            None => _ = fault.get_or_insert(Why::HeaderLine { number: number + 1 }),
        }
    }
    headers
}

/// RFC 3261 7.1, 7.2. `method` is set as soon as there is one.
fn start_line(line: &[u8], method: &mut Option<Method>) -> Result<Start, Why> {
    let line = std::str::from_utf8(line)
        .ok()
        .filter(|line| !has_line_end(line.as_bytes()))
        .ok_or(Why::StartLine)?;
    if line.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("SIP/")) {
        return status_line(line);
    }
    let (word, rest) = line.split_once(' ').ok_or(Why::StartLine)?;
    let found = Method::parse(word).ok_or(Why::StartLine)?;
    *method = Some(found.clone());
    let (uri, version) = rest.rsplit_once(' ').ok_or(Why::StartLine)?;
    check_version(version)?;
    let uri = Uri::parse(uri).map_err(|BadUri| Why::RequestUri)?;
    // RFC 3261 19.1.1 (its table): a Request-URI has no headers; RFC 4475 3.1.2.11 wants a 400 for one.
    if uri.sip().is_some_and(super::SipUri::has_headers) {
        return Err(Why::RequestUri);
    }
    Ok(Start::Request { method: found, uri })
}

fn status_line(line: &str) -> Result<Start, Why> {
    let (version, rest) = line.split_once(' ').ok_or(Why::StartLine)?;
    check_version(version)?;
    // The space before the reason phrase is a must even where there is no phrase; some forget it.
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let three_digits = code.len() == 3 && code.bytes().all(|digit| digit.is_ascii_digit());
    let status =
        code.parse().ok().filter(|_| three_digits).and_then(Status::new).ok_or(Why::StartLine)?;
    Ok(Start::Response { status, reason: reason.to_owned() })
}

fn check_version(version: &str) -> Result<(), Why> {
    if version.eq_ignore_ascii_case("SIP/2.0") {
        return Ok(());
    }
    let number = version
        .get(..4)
        .filter(|begin| begin.eq_ignore_ascii_case("SIP/"))
        .and_then(|_| version.get(4..));
    let (major, minor) = number.and_then(|number| number.split_once('.')).ok_or(Why::StartLine)?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    Err(if digits(major) && digits(minor) { Why::Version } else { Why::StartLine })
}

/// `name : value`, the value unfolded.
fn header(head: &Bytes, line: &Line) -> Option<(Name, Bytes)> {
    let bytes = head.get(line.start..line.end)?;
    let colon = memchr(b':', bytes)?;
    let name = std::str::from_utf8(bytes.get(..colon)?.trim_ascii_end()).ok()?;
    if !grammar::is_whole_token(name) {
        return None;
    }
    let value = bytes.get(colon + 1..)?;
    let value =
        if line.folded { unfold(value)? } else { trim(head, line.start + colon + 1, line.end)? };
    Some((Name::parse(name), value))
}

/// A part of `head` without white space at its ends; nothing is copied.
fn trim(head: &Bytes, start: usize, end: usize) -> Option<Bytes> {
    let value = head.get(start..end)?;
    let start = start + (value.len() - value.trim_ascii_start().len());
    let trimmed = value.trim_ascii();
    (!has_line_end(value)).then(|| head.slice(start..start + trimmed.len()))
}

/// RFC 3261 7.3.1: a line end and the white space around it is one space.
fn unfold(value: &[u8]) -> Option<Bytes> {
    let mut out = Vec::with_capacity(value.len());
    let mut start = 0;
    for end in memmem::find_iter(value, b"\r\n").chain([value.len()]) {
        let part = value.get(start..end)?;
        start = end + 2;
        if has_line_end(part) {
            return None;
        }
        let part = part.trim_ascii();
        if !out.is_empty() && !part.is_empty() {
            out.push(b' ');
        }
        out.extend_from_slice(part);
    }
    Some(out.into())
}

/// Half a line end within a line. Some take one for a whole: what they read would not be what we read.
fn has_line_end(line: &[u8]) -> bool {
    memchr2(b'\r', b'\n', line).is_some()
}

/// A header line or the start line: the place of its bytes without the last line end.
struct Line {
    start: usize,
    end: usize,
    folded: bool,
}

/// The lines of a head, folded ones together, up to its empty line or its end.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let start = self.at;
        let mut folded = false;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            if rest.is_empty() || (self.at == start && rest.starts_with(b"\r\n")) {
                return None;
            }
            let end = self.at + line_length(rest);
            self.at = (end + 2).min(self.bytes.len());
            // The start line is never folded: what seems so is a first header line without a name.
            let continues = matches!(self.bytes.get(self.at), Some(b' ' | b'\t'));
            if !continues || start == 0 {
                return Some(Line { start, end, folded });
            }
            folded = true;
        }
    }
}

/// Bytes up to the next line end. Half of one ends no line, and [`has_line_end`] has it refused.
fn line_length(bytes: &[u8]) -> usize {
    let mut from = 0;
    while let Some(at) = memchr(b'\r', bytes.get(from..).unwrap_or_default()) {
        if bytes.get(from + at + 1) == Some(&b'\n') {
            return from + at;
        }
        from += at + 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(lines: &str) -> Option<Why> {
        read(&Bytes::copy_from_slice(lines.as_bytes())).fault
    }

    #[test]
    fn half_a_line_end_is_refused_wherever_it_stands() {
        #[rustfmt::skip]
        let table = [
            ("BYE sip:h SIP/2.0\r\nA: b\r\n c\r\n\r\n", None),
            ("SIP/2.0 200 a\nb\r\nA: b\r\n\r\n", Some(Why::StartLine)),
            ("SIP/2.0 200 a\rb\r\nA: b\r\n\r\n", Some(Why::StartLine)),
            ("BYE sip:h SIP/2.0\r\nA: b\nVia: c\r\n\r\n", Some(Why::HeaderLine { number: 1 })),
            ("BYE sip:h SIP/2.0\r\nA: b\rVia: c\r\n\r\n", Some(Why::HeaderLine { number: 1 })),
            ("BYE sip:h SIP/2.0\r\nA: b\r\n c\nVia: d\r\n\r\n", Some(Why::HeaderLine { number: 1 })),
            ("BYE sip:h SIP/2.0\r\nA: b\n\r\n\r\n", Some(Why::HeaderLine { number: 1 })),
            ("BYE sip:h SIP/2.0\r\n A: b\r\n\r\n", Some(Why::HeaderLine { number: 1 })),
            ("BYE sip:h SIP/2.0\r\nA: b\r\nno colon\r\n\r\n", Some(Why::HeaderLine { number: 2 })),
            ("BYE sip:h SIP/2.0\r\n: b\r\n\r\n", Some(Why::HeaderLine { number: 1 })),
        ];
        for (lines, why) in table {
            assert_eq!(faults(lines), why, "{lines:?}");
        }
    }

    #[test]
    fn header_lines_are_counted() {
        let lines = |count| format!("BYE sip:h SIP/2.0\r\n{}\r\n", "A: b\r\n".repeat(count));
        assert_eq!(
            (faults(&lines(MAX_HEADERS)), faults(&lines(MAX_HEADERS + 1))),
            (None, Some(Why::TooManyHeaders))
        );
    }
}
