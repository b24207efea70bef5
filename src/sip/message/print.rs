//! Printing: the canonical form of a value on the wire.

use bytes::Bytes;

use super::{Message, Method, Name, Request, Response};

/// What can stand on the wire. Printing is canonical, and parsing what was printed gives the same value.
///
/// There is no `Display` for what may hold a password (a URI does): printing is for the wire, `Debug` for people.
pub trait Print {
    /// Appends the printed form to `out`.
    fn print(&self, out: &mut Vec<u8>);

    /// The printed form by itself.
    fn printed(&self) -> Bytes {
        let mut out = Vec::new();
        self.print(&mut out);
        out.into()
    }
}

impl Print for str {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

impl Print for String {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

impl Print for Bytes {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}

impl Print for u32 {
    fn print(&self, out: &mut Vec<u8>) {
        // Ten digits hold any u32; they are made from the last to the first.
        let mut digits = [b'0'; 10];
        let mut rest = *self;
        let mut used = 0;
        for digit in digits.iter_mut().rev() {
            *digit += (rest % 10) as u8;
            rest /= 10;
            used += 1;
            if rest == 0 {
                break;
            }
        }
        out.extend(digits.iter().skip(10 - used));
    }
}

impl Print for u16 {
    fn print(&self, out: &mut Vec<u8>) {
        u32::from(*self).print(out);
    }
}

impl Print for Method {
    fn print(&self, out: &mut Vec<u8>) {
        self.as_str().print(out);
    }
}

impl<T: Print + ?Sized> Print for &T {
    fn print(&self, out: &mut Vec<u8>) {
        (**self).print(out);
    }
}

/// A list, separated by commas.
impl<T: Print> Print for [T] {
    fn print(&self, out: &mut Vec<u8>) {
        let mut between: &[u8] = b"";
        for item in self {
            out.extend_from_slice(between);
            item.print(out);
            between = b", ";
        }
    }
}

impl Print for Message {
    fn print(&self, out: &mut Vec<u8>) {
        match self {
            Self::Request(request) => request.print(out),
            Self::Response(response) => response.print(out),
        }
    }
}

impl Print for Request {
    fn print(&self, out: &mut Vec<u8>) {
        self.method.print(out);
        out.push(b' ');
        self.uri.print(out);
        out.extend_from_slice(b" SIP/2.0\r\n");
        rest(&self.headers, &self.body, out);
    }
}

impl Print for Response {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"SIP/2.0 ");
        self.status.code().print(out);
        out.push(b' ');
        out.extend(self.reason.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')));
        out.extend_from_slice(b"\r\n");
        rest(&self.headers, &self.body, out);
    }
}

/// Headers, the length of the body, the body. Content-Length is written always: a stream needs it.
fn rest(headers: &super::Headers, body: &[u8], out: &mut Vec<u8>) {
    for (name, value) in headers.iter() {
        line(name, value, out);
    }
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    line(&Name::ContentLength, &length, out);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
}

fn line(name: &Name, value: &(impl Print + ?Sized), out: &mut Vec<u8>) {
    name.as_str().print(out);
    out.extend_from_slice(b": ");
    value.print(out);
    out.extend_from_slice(b"\r\n");
}
