//! The torture test of RFC 4475, retold: each message has the structure of one of that RFC's section 3 and all of its
//! torture, with our own people, hosts and numbers. The names are the RFC's.
//!
//! `valid` must be understood, `invalid` must be refused with the answer that the RFC wants.

mod invalid;
mod valid;

use bytes::Bytes;

use super::*;

/// An SDP body as good as any: 150 bytes with line ends.
const SDP: &str = "v=0\r\n\
    o=wuwei 1830040 7741023 IN IP4 192.0.2.77\r\n\
    s=-\r\n\
    c=IN IP4 192.0.2.78\r\n\
    t=0 0\r\n\
    m=audio 40022 RTP/AVP 0 12\r\n\
    m=video 3230 RTP/AVP 31\r\n\
    a=rtpmap:31 LPC\r\n";

/// A message of `lines`, of which `@` alone as a length stands for that of `body`.
fn message(lines: &[&str], body: &str) -> Bytes {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line.replace("{length}", &body.len().to_string()));
        text.push_str("\r\n");
    }
    (text + "\r\n" + body).into()
}
