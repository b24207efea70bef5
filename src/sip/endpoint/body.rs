//! The SDP in a message's body, alone or in a multipart (RFC 3261 7.4, 20.11; RFC 5621).

use bytes::Bytes;

use crate::sip::message::{Headers, Name};

/// A body that we cannot take and must not ignore: 415.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body holds no session description")]
pub(super) struct Unsupported;

/// What our Accept says.
pub(super) const ACCEPT: &str = "application/sdp, multipart/mixed";

/// The SDP that a message carries, if any.
pub(super) fn sdp_of(headers: &Headers, body: &Bytes) -> Result<Option<Bytes>, Unsupported> {
    if body.is_empty() {
        return Ok(None);
    }
    let is_encoded =
        headers.text(Name::ContentEncoding).is_some_and(|it| !it.eq_ignore_ascii_case("identity"));
    if is_encoded {
        return Err(Unsupported);
    }
    // Without a Content-Type the body says itself what it is.
    let Ok(Some(kind)) = headers.content_type() else {
        return if body.starts_with(b"v=0") { Ok(Some(body.clone())) } else { Err(Unsupported) };
    };
    if kind.is("application", "sdp") {
        return Ok(Some(body.clone()));
    }
    if kind.kind == "multipart"
        && let Some(boundary) = kind.params.get("boundary")
    {
        return sdp_part(body, boundary).map(Some).ok_or(Unsupported);
    }
    // RFC 3261 20.11: what need not be understood says so.
    let is_optional = headers
        .text(Name::ContentDisposition)
        .is_some_and(|it| it.to_ascii_lowercase().replace(' ', "").contains("handling=optional"));
    if is_optional { Ok(None) } else { Err(Unsupported) }
}

/// The first part of a multipart that is an SDP (RFC 2046 5.1). At most [`MOST_PARTS`] are looked at.
fn sdp_part(body: &Bytes, boundary: &str) -> Option<Bytes> {
    let mark = format!("--{boundary}");
    let mut marks =
        memchr::memmem::find_iter(body, mark.as_bytes()).take(MOST_PARTS + 1).peekable();
    while let Some(at) = marks.next() {
        let end = *marks.peek()?;
        let part = body.get(at + mark.len()..end)?;
        let head_end = memchr::memmem::find(part, b"\r\n\r\n")?;
        let head = part.get(..head_end)?.to_ascii_lowercase();
        if memchr::memmem::find(&head, b"application/sdp").is_some() {
            let start = at + mark.len() + head_end + 4;
            // The line end before a boundary is the boundary's.
            let end = if body.get(..end)?.ends_with(b"\r\n") { end - 2 } else { end };
            return (start <= end).then(|| body.slice(start..end));
        }
    }
    None
}

const MOST_PARTS: usize = 8;

/// Makes `sdp` the body.
pub(super) fn add_sdp(headers: &mut Headers, body: &mut Bytes, sdp: Bytes) {
    headers.set(Name::ContentType, "application/sdp");
    *body = sdp;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &str)], body: &'static str) -> Result<Option<Bytes>, Unsupported> {
        let mut all = Headers::new();
        for (name, value) in headers {
            all.push(*name, *value);
        }
        sdp_of(&all, &Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn the_sdp_is_found_alone_and_among_other_parts() {
        let sdp = Ok(Some(Bytes::from_static(b"v=0\r\n")));
        assert_eq!(read(&[("Content-Type", "Application/SDP")], "v=0\r\n"), sdp);
        assert_eq!(read(&[], "v=0\r\n"), sdp);
        let parts = "--b\r\nContent-Type: application/isup\r\n\r\nxx\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--b--";
        assert_eq!(read(&[("Content-Type", "multipart/mixed;boundary=b")], parts), sdp);
    }

    #[test]
    fn what_must_be_understood_is_refused_and_what_need_not_is_passed_over() {
        assert_eq!(read(&[], ""), Ok(None));
        assert_eq!(read(&[("Content-Type", "text/plain")], "hello"), Err(Unsupported));
        assert_eq!(
            read(&[("Content-Type", "multipart/mixed;boundary=b")], "--b\r\n\r\nx--b--"),
            Err(Unsupported)
        );
        assert_eq!(
            read(&[("Content-Type", "application/sdp"), ("Content-Encoding", "gzip")], "v=0"),
            Err(Unsupported)
        );
        let optional =
            [("Content-Type", "text/plain"), ("Content-Disposition", "render; handling=optional")];
        assert_eq!(read(&optional, "hello"), Ok(None));
    }
}
