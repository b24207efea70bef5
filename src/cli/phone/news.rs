//! What the phone tells its user: one line an event, and the figures at the end. Keys are never among it.

use std::fmt::{self, Display, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use crate::audio::RATE;
use crate::rtp::transport::Counts;
use crate::sip::endpoint::{EndedBy, Ending, FailedBy, Failure, IncomingCall};
use crate::sip::message::{Headers, Name, Print as _, Status, Uri};

/// One thing that happened.
#[derive(Debug)]
pub(super) enum News {
    /// An answer on the way: 101..=199, and whether sound came with it.
    Progress(u16, bool),
    /// Who answered, where they say; the codec; how keys go.
    Answered(Option<String>, &'static str, KeysBy),
    /// We are called.
    Called(Box<IncomingCall>),
    /// We have answered: the codec, how keys go.
    TakenUp(&'static str, KeysBy),
    /// Their first packet.
    Heard(SocketAddr),
    /// We sent a key.
    Key,
    /// They sent a key.
    TheirKey,
    /// They put us on hold, or took us back.
    Hold(bool),
    /// An offer or answer cannot be used.
    NoSession(crate::sdp::SdpError),
    /// We asked them to call someone else.
    Transfer(String),
    /// How that call is going.
    TransferProgress(u16),
    /// They want us to call someone else.
    ReferRefused,
    Lost(Duration),
    Back,
    Ended(Ending),
    Failed(Failure),
}

/// How keys are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeysBy {
    Events,
    Tones,
    Info,
}

impl Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Progress(180, false) => f.write_str("ringing"),
            Self::Progress(180, true) => f.write_str("ringing, with a sound of theirs"),
            Self::Progress(181, _) => f.write_str("being forwarded"),
            Self::Progress(182, _) => f.write_str("waiting in their queue"),
            Self::Progress(_, true) => f.write_str("they play something before they answer"),
            Self::Progress(status, false) => write!(f, "on its way ({status})"),
            Self::Answered(by, codec, keys) => {
                let by = by.as_deref().map_or(String::new(), |by| format!(" by {}", clean(by)));
                write!(f, "answered{by}: {codec}, keys as {keys}")
            }
            Self::Called(call) => f.write_str(&called(call)),
            Self::TakenUp(codec, keys) => write!(f, "answered by us: {codec}, keys as {keys}"),
            Self::Heard(from) => write!(f, "sound comes from {from}"),
            Self::Key => f.write_str("key ·"),
            Self::TheirKey => f.write_str("they pressed a key ·"),
            Self::Hold(true) => f.write_str("on hold"),
            Self::Hold(false) => f.write_str("off hold"),
            Self::NoSession(why) => write!(f, "no common session: {why}"),
            Self::Transfer(to) => write!(f, "asking them to call {}", clean(to)),
            Self::TransferProgress(status) => match status {
                100..=179 => f.write_str("transfer: under way"),
                180..=199 => f.write_str("transfer: it rings there"),
                // To the REFER itself (RFC 3515 2.4.2): nobody rings yet.
                202 => f.write_str("transfer: accepted"),
                200..=299 => f.write_str("transfer: answered there"),
                _ => write!(f, "transfer: refused there, {}", reason(*status)),
            },
            Self::ReferRefused => {
                f.write_str("they asked us to call someone else, which we do not")
            }
            Self::Lost(after) => write!(f, "nothing heard for {} s", after.as_secs()),
            Self::Back => f.write_str("heard again"),
            Self::Ended(ending) => {
                let by = match ending.by {
                    EndedBy::Us => "ended by us",
                    EndedBy::Them => "ended by them",
                    EndedBy::NoAck => "ended: they never acknowledged our answer",
                    EndedBy::Vanished => "ended: they are not there any more",
                    EndedBy::NoAnswerToOffer => "ended: they never answered our offer",
                };
                f.write_str(by)?;
                ending.reason.as_deref().map_or(Ok(()), |why| write!(f, " ({})", clean(why)))
            }
            Self::Failed(failure) => f.write_str(&failed(failure)),
        }
    }
}

impl Display for KeysBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Events => "events (RFC 4733)",
            Self::Tones => "tones",
            Self::Info => "INFO",
        })
    }
}

fn failed(failure: &Failure) -> String {
    let mut text = match failure.why {
        FailedBy::Refused => format!("not answered: {}", reason(failure.status)),
        FailedBy::Cancelled => "not answered: given up".to_owned(),
        FailedBy::RangOut => "not answered: it rang for too long".to_owned(),
        FailedBy::Unreachable => "not answered: nobody is there".to_owned(),
        FailedBy::Us => format!("not taken: {}", reason(failure.status)),
        FailedBy::Impossible => format!("cannot be called: {}", reason(failure.status)),
    };
    if let Some(after) = failure.retry_after {
        let _ = write!(text, ", try again in {} s", after.as_secs());
    }
    if let Some(why) = &failure.reason {
        let _ = write!(text, " ({})", clean(why));
    }
    if let Some(other) = failure.contacts.first() {
        let _ = write!(text, ", they point to {}", address(other));
    }
    text
}

/// `404 Not Found`.
pub(super) fn reason(status: u16) -> String {
    Status::new(status)
        .map_or_else(|| status.to_string(), |it| format!("{status} {}", it.default_reason()))
}

/// Who calls, and everything that came along.
fn called(call: &IncomingCall) -> String {
    let who = call.asserted.as_ref().unwrap_or(&call.from);
    let number = who.uri.user().map_or_else(|| address(&who.uri), std::borrow::Cow::into_owned);
    let mut text = format!("call from {}", clean(&number));
    let name = who.display.as_deref().or(call.from.display.as_deref());
    if let Some(name) = name.filter(|it| !it.is_empty()) {
        let _ = write!(text, ", {}", clean(name));
    }
    let mut others = Headers::new();
    if let Some(value) = &call.user_to_user {
        others.push(Name::UserToUser, value.as_str());
    }
    if let Some(value) = &call.call_info {
        others.push(Name::CallInfo, value.as_str());
    }
    if let Some(by) = &call.referred_by {
        let _ = write!(text, "\n  referred by  {}", clean(by));
    }
    match others.user_to_user().as_deref() {
        Ok([]) => {}
        Ok(all) => {
            for it in all {
                match serde_json::from_slice::<Value>(&it.data) {
                    Ok(context) => tree(&mut text, "context", &context, 1),
                    Err(_) => {
                        let _ = write!(
                            text,
                            "\n  User-to-User  {}",
                            clean(&String::from_utf8_lossy(&it.data))
                        );
                    }
                }
            }
        }
        Err(_) => text.push_str("\n  User-to-User  cannot be read"),
    }
    for info in others.call_info().unwrap_or_default() {
        let _ = write!(text, "\n  more at  {}", address(&info.uri));
    }
    text
}

/// Appends `name  value`, what is inside of it further in; deeper than 8 as JSON.
fn tree(text: &mut String, name: &str, value: &Value, depth: usize) {
    let _ = write!(text, "\n{:width$}{}", "", clean(name), width = depth * 2);
    match value {
        Value::Object(map) if depth < 8 => {
            map.iter().for_each(|(name, value)| tree(text, name, value, depth + 1))
        }
        Value::Array(all) if depth < 8 && !all.iter().all(is_plain) => {
            all.iter()
                .enumerate()
                .for_each(|(at, value)| tree(text, &format!("{}.", at + 1), value, depth + 1));
        }
        Value::Array(all) if depth < 8 => {
            let all: Vec<String> = all.iter().map(plain).collect();
            let _ = write!(text, "  {}", all.join(", "));
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {
            let _ = write!(text, "  {}", plain(value));
        }
    }
}

const fn is_plain(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| clean(&value.to_string()), clean)
}

/// What others wrote, without anything that a terminal would obey.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { '\u{fffd}' } else { it }).collect()
}

/// An address as it is written.
pub(super) fn address(uri: &Uri) -> String {
    clean(&String::from_utf8_lossy(&uri.printed()))
}

/// The last line: what went over the network.
pub(super) fn summary(counts: &Counts) -> String {
    let heard = &counts.reception;
    let mut text = format!(
        "sent {} packets, received {}, lost {}, jitter {:.1} ms",
        counts.sent,
        counts.received,
        heard.lost.max(0),
        f64::from(heard.jitter) * 1_000.0 / f64::from(RATE),
    );
    if let Some(time) = counts.round_trip {
        let _ = write!(text, ", round trip {:.1} ms", time.as_secs_f64() * 1_000.0);
    }
    for (count, what) in
        [(counts.late, "sent late"), (counts.foreign, "from strangers"), (counts.junk, "of no use")]
    {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::Reception;
    use crate::sip::Peer;
    use crate::sip::message::NameAddr;

    fn call(user_to_user: &str, call_info: &str) -> IncomingCall {
        let address = |text: &str| NameAddr::new(Uri::parse(text).unwrap());
        IncomingCall {
            dialled: Uri::parse("sip:8001@192.0.2.1").unwrap(),
            from: address("sip:13800000001@192.0.2.2").with_display("张三"),
            to: address("sip:8001@192.0.2.1"),
            asserted: None,
            call_id: "1".to_owned(),
            offer: None,
            peer: Peer::udp("192.0.2.1:5060".parse().unwrap(), "192.0.2.2:5060".parse().unwrap()),
            authenticated: None,
            user_to_user: (!user_to_user.is_empty()).then(|| user_to_user.to_owned()),
            call_info: (!call_info.is_empty()).then(|| call_info.to_owned()),
            referred_by: None,
            replaces: None,
            diversion: None,
            max_forwards: 70,
        }
    }

    #[test]
    fn an_agent_sees_who_calls_and_why() {
        let context = r#"{"v":1,"from":"13800000001","why":"order_not_found","fields":[["订单号","20260001"]],"path":["welcome","main"],"answers":{"order_number":"20260001"}}"#;
        let user_to_user = format!("{};encoding=hex", hex::encode(context));
        let shown =
            called(&call(&user_to_user, "<http://192.0.2.2:8080/api/contexts/abc>;purpose=info"));
        insta::assert_snapshot!(shown, @"
        call from 13800000001, 张三
          context
            v  1
            from  13800000001
            why  order_not_found
            fields
              1.  订单号, 20260001
            path  welcome, main
            answers
              order_number  20260001
          more at  http://192.0.2.2:8080/api/contexts/abc
        ");
    }

    #[test]
    fn what_others_write_cannot_drive_the_terminal() {
        let user_to_user = hex::encode("\u{1b}[2J");
        assert!(!called(&call(&user_to_user, "")).contains('\u{1b}'));
        assert!(!called(&call(&hex::encode(r#"{"a\u001b":"\u001b[2J"}"#), "")).contains('\u{1b}'));
        assert!(called(&call("no hex", "")).ends_with("cannot be read"));
    }

    #[test]
    fn the_figures_are_in_packets_and_milliseconds() {
        let reception = Reception { fraction_lost: 0, lost: 2, highest: 0, jitter: 12 };
        let counts = Counts { sent: 250, received: 248, reception, junk: 1, ..Counts::default() };
        insta::assert_snapshot!(summary(&counts), @"sent 250 packets, received 248, lost 2, jitter 1.5 ms, 1 of no use");
    }

    #[test]
    fn a_failure_names_the_answer_and_what_to_do() {
        let failure = Failure {
            why: FailedBy::Refused,
            status: 503,
            retry_after: Some(Duration::from_secs(5)),
            reason: None,
            contacts: Vec::new(),
        };
        insta::assert_snapshot!(failed(&failure), @"not answered: 503 Service Unavailable, try again in 5 s");
    }
}
