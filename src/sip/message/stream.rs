//! Messages out of a stream, TCP or TLS (RFC 3261 18.3; keep-alives: RFC 5626 3.5.1).

use bytes::BytesMut;

use super::head::{self, Head};
use super::parse::{self, MAX_BODY, MAX_HEAD, Malformed, Why};
use super::{Fault, HeaderError, Message};

/// Cuts a stream into messages. Feed it what arrives, then ask [`Framer::next`] until it has nothing more.
///
/// It holds at most one head and one body beside what was fed and not yet asked for. The same bytes give the same
/// messages in whatever pieces they come.
#[derive(Default)]
pub struct Framer {
    buffer: BytesMut,
    state: State,
}

/// What comes out of a stream.
#[expect(clippy::large_enum_variant, reason = "nearly all are messages, and none is kept")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framed {
    /// A message.
    Message(Message),
    /// One line end between messages: the answer to our ping, or the first half of the peer's.
    Pong,
    /// A second line end right behind: the peer sent a ping, and wants one line end back.
    Ping,
}

enum State {
    /// Between messages. After one line end another makes a ping.
    Between { half_a_ping: bool },
    /// In a head. The first `searched` bytes hold no end of it, so that nothing is searched twice.
    Head { searched: usize },
    /// A head is read, and its body of `length` bytes awaited.
    Body { head: Box<Head>, length: usize },
    /// Where the next message begins cannot be known any more.
    Broken,
}

impl Default for State {
    fn default() -> Self {
        Self::Between { half_a_ping: false }
    }
}

impl Framer {
    /// A framer at the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what arrived. The caller asks [`Framer::next`] before it feeds more, so the buffer stays bounded.
    pub fn feed(&mut self, bytes: &[u8]) {
        if !self.is_broken() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Whether the connection has to be closed, after the last answer was sent: no message will come any more.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        matches!(self.state, State::Broken)
    }

    /// The next message or keep-alive, if all of it has arrived.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator that has ended would not go on after the next feed"
    )]
    pub fn next(&mut self) -> Option<Result<Framed, Malformed>> {
        loop {
            match std::mem::take(&mut self.state) {
                State::Between { half_a_ping } => match self.between(half_a_ping)? {
                    Some(line_end) => return Some(Ok(line_end)),
                    None => self.state = State::Head { searched: 0 },
                },
                State::Head { searched } => {
                    if let Err(malformed) = self.head(searched)? {
                        return Some(Err(malformed));
                    }
                }
                State::Body { head, length } if self.buffer.len() < length => {
                    self.state = State::Body { head, length };
                    return None;
                }
                State::Body { head, length } => {
                    let body = self.buffer.split_to(length).freeze();
                    return Some(parse::finish(*head, body).map(Framed::Message));
                }
                State::Broken => {
                    self.state = State::Broken;
                    return None;
                }
            }
        }
    }

    /// A line end, or nothing where a message begins; `None` until that is known.
    fn between(&mut self, half_a_ping: bool) -> Option<Option<Framed>> {
        self.state = State::Between { half_a_ping };
        if self.buffer.starts_with(b"\r\n") {
            _ = self.buffer.split_to(2);
            self.state = State::Between { half_a_ping: !half_a_ping };
            return Some(Some(if half_a_ping { Framed::Ping } else { Framed::Pong }));
        }
        let undecided = self.buffer.is_empty() || *self.buffer == *b"\r";
        (!undecided).then_some(None)
    }

    /// Reads a head as soon as all of it is there; `None` until then.
    fn head(&mut self, searched: usize) -> Option<Result<(), Malformed>> {
        // The end of a head is four bytes, three of which may have been there before.
        let from = searched.saturating_sub(3);
        let within = self.buffer.len().min(MAX_HEAD);
        let Some(more) = head::length(self.buffer.get(from..within).unwrap_or_default()) else {
            if self.buffer.len() < MAX_HEAD {
                self.state = State::Head { searched: self.buffer.len() };
                return None;
            }
            let head = head::read(&self.buffer.split_to(MAX_HEAD).freeze());
            return Some(Err(self.give_up(head, Why::HeadTooLarge)));
        };
        let mut head = head::read(&self.buffer.split_to(from + more).freeze());
        let missing = Why::Header(HeaderError { header: "Content-Length", fault: Fault::Missing });
        let length = parse::take_length(&mut head).and_then(|length| length.ok_or(missing));
        match length.map(|length| usize::try_from(length).unwrap_or(usize::MAX)) {
            Ok(length) if length <= MAX_BODY => {
                self.state = State::Body { head: Box::new(head), length };
                Some(Ok(()))
            }
            Ok(_) => Some(Err(self.give_up(head, Why::BodyTooLarge))),
            Err(why) => Some(Err(self.give_up(head, why))),
        }
    }

    fn give_up(&mut self, head: Head, why: Why) -> Malformed {
        self.state = State::Broken;
        self.buffer = BytesMut::new();
        parse::refuse(head, why)
    }
}

impl std::fmt::Debug for Framer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Framer({} bytes waiting)", self.buffer.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sip::message::{Print, Status};

    const OPTIONS: &str = "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=x\r\nFrom: <sip:a@b>;tag=1\r\n\
        To: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n";

    fn with_body(body: &str) -> String {
        format!("{OPTIONS}Content-Length: {}\r\n\r\n{body}", body.len())
    }

    /// What comes out, in short: `M` and the body, `P` ping, `p` pong, `E` and the status deserved.
    fn frames(stream: &[u8], cut: impl Fn(usize) -> usize) -> (Vec<String>, bool) {
        let (mut framer, mut out, mut rest) = (Framer::new(), Vec::new(), stream);
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(cut(rest.len()).clamp(1, rest.len()));
            framer.feed(piece);
            rest = after;
            while let Some(framed) = framer.next() {
                out.push(match framed {
                    Ok(Framed::Message(message)) => {
                        format!("M{}", String::from_utf8_lossy(message.body()))
                    }
                    Ok(Framed::Ping) => "P".to_owned(),
                    Ok(Framed::Pong) => "p".to_owned(),
                    Err(malformed) => {
                        format!("E{:?}", malformed.answer().map(|answer| answer.status))
                    }
                });
            }
        }
        (out, framer.is_broken())
    }

    #[track_caller]
    fn check(stream: &str, expected: &[&str], broken: bool) {
        for size in [1, 2, 3, 7, usize::MAX] {
            let (out, is_broken) = frames(stream.as_bytes(), |_| size);
            assert_eq!(
                (out.iter().map(String::as_str).collect::<Vec<_>>(), is_broken),
                (expected.to_vec(), broken),
                "{size}"
            );
        }
    }

    #[test]
    fn messages_and_keep_alives_come_out_one_by_one() {
        let (one, two) = (with_body(""), with_body("hallo\r\n\r\n"));
        check(&format!("{one}{two}"), &["M", "Mhallo\r\n\r\n"], false);
        check(
            &format!("\r\n\r\n{one}\r\n{two}\r\n\r\n\r\n"),
            &["p", "P", "M", "p", "Mhallo\r\n\r\n", "p", "P", "p"],
            false,
        );
        check(one.trim_end(), &[], false);
    }

    #[test]
    fn a_message_that_is_refused_does_not_end_the_stream_as_long_as_its_length_is_known() {
        let bad = with_body("").replace("<sip:a@b>", "<sip:a@b");
        check(&format!("{bad}{}", with_body("x")), &["ESome(400)", "Mx"], false);
        check(&format!("SIP/2.0 9 x\r\nl: 0\r\n\r\n{}", with_body("x")), &["ENone", "Mx"], false);
    }

    #[test]
    fn a_stream_without_lengths_or_limits_is_broken() {
        check(&format!("{OPTIONS}\r\n"), &["ESome(400)"], true);
        check(&format!("{OPTIONS}l: 1\r\nl: 1\r\n\r\n"), &["ESome(400)"], true);
        check(&format!("{OPTIONS}l: 65537\r\n\r\n"), &["ESome(413)"], true);
        check(&format!("{OPTIONS}l: 99999999999\r\n\r\n"), &["ESome(400)"], true);
        check(
            &format!("{OPTIONS}{}", "X: yyyyyyyyyyyyyyyyyyyyy\r\n".repeat(MAX_HEAD / 20)),
            &["ESome(513)"],
            true,
        );
        check(&"x".repeat(MAX_HEAD), &["ENone"], true);
    }

    #[test]
    fn an_answer_can_be_made_from_what_was_read() {
        let mut framer = Framer::new();
        framer.feed(format!("{OPTIONS}\r\n").as_bytes());
        let answer = framer.next().unwrap().unwrap_err().answer().unwrap();
        assert_eq!(answer.status, Status::BAD_REQUEST);
        insta::assert_snapshot!(String::from_utf8(answer.printed().to_vec()).unwrap().replace('\r', ""), @"
        SIP/2.0 400 Bad Request
        Via: SIP/2.0/TCP a;branch=x
        From: <sip:a@b>;tag=1
        To: <sip:c@d>
        Call-ID: 1
        CSeq: 1 OPTIONS
        Content-Length: 0
        ");
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(
            parts in prop::collection::vec(
                prop_oneof![
                    "[a-z\r\n]{0,30}".prop_map(|body| with_body(&body)),
                    Just("\r\n".to_owned()),
                    Just(format!("{OPTIONS}l: 0\r\n")),
                    "[ -~\r\n]{0,9}",
                ],
                0..6,
            ),
            cuts in prop::collection::vec(1_usize..40, 1..20),
        ) {
            let stream = parts.concat();
            let whole = frames(stream.as_bytes(), |rest| rest);
            let pieces = frames(stream.as_bytes(), |rest| cuts[rest % cuts.len()]);
            prop_assert_eq!(whole, pieces);
        }
    }
}
