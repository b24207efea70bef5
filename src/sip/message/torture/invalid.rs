//! Messages that must be refused: RFC 4475 3.1.2, and those of 3.3 that a parser can tell.

use super::*;

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// The parser refuses it with this answer.
    Refused(u16),
    /// The parser takes it, a typed reader refuses it: this header.
    Unreadable(&'static str),
    /// It is dropped: nobody can be answered, or nobody may be.
    Silence,
    Understood,
}

fn judge(lines: &[&str], body: &str) -> (Verdict, Option<Why>) {
    match Message::from_datagram(message(lines, body)) {
        Ok(message) => match message.headers().verify() {
            Ok(()) => (Verdict::Understood, None),
            Err(error) => (Verdict::Unreadable(error.header), None),
        },
        Err(malformed) => {
            let answer = malformed.answer();
            let verdict = answer
                .as_ref()
                .map_or(Verdict::Silence, |answer| Verdict::Refused(answer.status.code()));
            if let Some(answer) = &answer {
                let copied = lines.iter().filter(|line| line.starts_with("Via:")).count();
                assert_eq!(
                    answer.headers.all(Name::Via).count(),
                    copied,
                    "the answer finds its way"
                );
            }
            (verdict, Some(malformed.why))
        }
    }
}

const fn header(header: &'static str, fault: Fault) -> Option<Why> {
    Some(Why::Header(HeaderError { header, fault }))
}

/// A sound INVITE, of which each case breaks something.
#[rustfmt::skip]
const INVITE: [&str; 10] = [
    "INVITE sip:nutzer@example.com SIP/2.0", "To: sip:k.nutzer@example.com", "From: sip:rufer@example.net;tag=2452",
    "Max-Forwards: 7", "Call-ID: folter.1", "CSeq: 9 INVITE", "Via: SIP/2.0/UDP 192.0.2.16;branch=z9hG4bKfolter",
    "Contact: <sip:rufer@kiste.example.net>", "Content-Type: application/sdp", "Content-Length: {length}",
];

#[track_caller]
fn check(changes: &[(&str, &[&str])], verdict: Verdict, why: Option<Why>) {
    let mut lines: Vec<&str> = Vec::new();
    for line in INVITE {
        match changes.iter().find(|(old, _)| line.starts_with(old)) {
            Some((_, new)) => lines.extend(*new),
            None => lines.push(line),
        }
    }
    assert_ne!(lines, INVITE, "nothing was broken");
    assert_eq!(judge(&lines, SDP), (verdict, why));
}

#[test]
fn a_sound_invite_is_understood() {
    assert_eq!(judge(&INVITE, SDP), (Verdict::Understood, None));
}

/// 3.1.2.1: parameters that are only separators. The Via says to nobody where an answer goes.
#[test]
fn badinv01() {
    let via = ("Via:", &["Via: SIP/2.0/UDP 192.0.2.16;;,;,,"][..]);
    let contact = ("Contact:", &["Contact: \"Hans\" <sip:hans@example.org>;;;;"][..]);
    check(&[via, contact], Verdict::Silence, header("Via", Fault::Malformed));
    check(&[contact], Verdict::Unreadable("Contact"), None);
}

/// 3.1.2.2: more is promised than the datagram holds.
#[test]
fn clerr() {
    let why = Why::LengthMismatch { declared: 9_998, present: SDP.len() };
    check(&[("Content-Length:", &["Content-Length: 9998"])], Verdict::Refused(400), Some(why));
}

/// 3.1.2.3: a negative length.
#[test]
fn ncl() {
    let why = header("Content-Length", Fault::Malformed);
    check(&[("Content-Length:", &["Content-Length: -998"])], Verdict::Refused(400), why);
}

/// 3.1.2.4: a request with numbers that no field can hold. A CSeq that wraps would tie it to another transaction.
#[test]
fn scalar02() {
    let cseq = ("CSeq:", &["CSeq: 36893488147419103233 INVITE"][..]);
    let hops = ("Max-Forwards:", &["Max-Forwards: 301"][..]);
    check(&[cseq, hops], Verdict::Refused(400), header("CSeq", Fault::Malformed));
    check(&[hops], Verdict::Unreadable("Max-Forwards"), None);
    check(
        &[("CSeq:", &["CSeq: 2147483648 INVITE"])],
        Verdict::Refused(400),
        header("CSeq", Fault::Malformed),
    );
}

/// 3.1.2.5: a response with such numbers is dropped.
#[test]
fn scalarlg() {
    #[rustfmt::skip]
    let lines = [
        "SIP/2.0 503 Service Unavailable", "Via: SIP/2.0/TCP kiste130.example.com;branch=z9hG4bKgross;received=192.0.2.130",
        "To: <sip:nutzer@example.com>", "From: <sip:andere@example.net>;tag=3fbek", "CSeq: 9292394834772304023313 OPTIONS",
        "Call-ID: gross.1", "Retry-After: 949302838503028349304023989", "Warning: 1813 vorspiel \"Gleich\"", "Content-Length: 0",
    ];
    assert_eq!(judge(&lines, ""), (Verdict::Silence, header("CSeq", Fault::Malformed)));
    let sound: Vec<&str> =
        lines.iter().map(|l| if l.starts_with("CSeq") { "CSeq: 9 OPTIONS" } else { l }).collect();
    assert_eq!(judge(&sound, ""), (Verdict::Unreadable("Retry-After"), None));
}

/// 3.1.2.6: a quoted name that never ends.
#[test]
fn quotbal() {
    let to = ("To:", &["To: \"Hr. K. Nutzer <sip:k.nutzer@example.com>"][..]);
    check(&[to], Verdict::Refused(400), header("To", Fault::Malformed));
}

/// 3.1.2.7 to 3.1.2.11: request lines with brackets, with white space in the wrong places, with headers in the URI.
#[test]
fn ltgtruri_lwsruri_lwsstart_trws_escruri() {
    for (line, why) in [
        ("INVITE <sip:nutzer@example.com> SIP/2.0", Why::RequestUri),
        ("INVITE sip:nutzer@example.com; lr SIP/2.0", Why::RequestUri),
        ("INVITE  sip:nutzer@example.com  SIP/2.0", Why::RequestUri),
        ("INVITE sip:nutzer@example.com SIP/2.0  ", Why::StartLine),
        ("INVITE sip:nutzer@example.com?Route=%3Csip:example.com%3E SIP/2.0", Why::RequestUri),
    ] {
        check(&[("INVITE", &[line])], Verdict::Refused(400), Some(why));
    }
}

/// 3.1.2.12: a Date in another zone than GMT.
#[test]
fn baddate() {
    let with_date = &["Max-Forwards: 7", "Date: Fri, 01 Jan 2010 17:00:00 EST"][..];
    check(&[("Max-Forwards:", with_date)], Verdict::Unreadable("Date"), None);
}

/// 3.1.2.13: a Contact whose URI has headers and no brackets.
#[test]
fn regbadct() {
    let contact =
        ("Contact:", &["Contact: sip:rufer@example.com?Route=%3Csip:sip.example.com%3E"][..]);
    check(&[contact], Verdict::Unreadable("Contact"), None);
}

/// 3.1.2.14: white space within the brackets.
#[test]
fn badaspec() {
    let to = ("To:", &["To: \"Wen, Hua\" < sip:h.wen@example.org >"][..]);
    check(&[to], Verdict::Refused(400), header("To", Fault::Malformed));
}

/// 3.1.2.15: a comma in a name without quotes.
#[test]
fn baddn() {
    let from = ("From:", &["From:    Bei, Li <sip:l.bei@example.com>;tag=44"][..]);
    let to = ("To:", &["To:      Wen, Hua <sip:h.wen@example.org>"][..]);
    check(&[from, to], Verdict::Refused(400), header("From", Fault::Malformed));
}

/// 3.1.2.16: a version to come.
#[test]
fn badvers() {
    let line = ("INVITE", &["INVITE sip:nutzer@example.com SIP/7.0"][..]);
    let via = ("Via:", &["Via:     SIP/7.0/UDP d.example.com;branch=z9hG4bKsieben"][..]);
    check(&[line, via], Verdict::Refused(505), Some(Why::Version));
}

/// 3.1.2.17, 3.1.2.18: the method in CSeq is another one, be the request's known or not.
#[test]
fn mismatch01_and_mismatch02() {
    for line in
        ["OPTIONS sip:nutzer@example.com SIP/2.0", "NEUESVERB sip:nutzer@example.com SIP/2.0"]
    {
        check(&[("INVITE", &[line])], Verdict::Refused(400), Some(Why::MethodMismatch));
    }
}

/// 3.1.2.19: a status that overflows.
#[test]
fn bigcode() {
    #[rustfmt::skip]
    let lines = [
        "SIP/2.0 4294967302 das haelt er aus", "Via: SIP/2.0/UDP 192.0.2.106;branch=z9hG4bKgross", "Call-ID: gross.2",
        "CSeq: 4545 INVITE", "From: <sip:nutzer@example.com>;tag=40bo", "To: <sip:nutzer@example.edu>;tag=014l", "l: 0",
    ];
    assert_eq!(judge(&lines, ""), (Verdict::Silence, Some(Why::StartLine)));
}

/// 3.3.1: Call-ID, From and To are not there. The answer copies what is.
#[test]
fn insuf() {
    let gone = [("To:", &[][..]), ("From:", &[][..]), ("Call-ID:", &[][..])];
    check(&gone, Verdict::Refused(400), header("From", Fault::Missing));
}

/// 3.3.8: headers that may stand there once stand there twice.
#[test]
fn multi01() {
    for (name, header_name, twice) in [
        ("CSeq:", "CSeq", ["CSeq: 9 INVITE", "CSeq: 60 INVITE"]),
        ("Call-ID:", "Call-ID", ["Call-ID: folter.1", "Call-ID: folter.2"]),
        ("To:", "To", ["To: sip:k.nutzer@example.com", "To: sip:andere@example.com"]),
        (
            "From:",
            "From",
            ["From: sip:rufer@example.net;tag=2452", "From: sip:rufer@example.net;tag=3563"],
        ),
        ("Max-Forwards:", "Max-Forwards", ["Max-Forwards: 7", "Max-Forwards: 5"]),
    ] {
        check(&[(name, &twice)], Verdict::Refused(400), header(header_name, Fault::Repeated));
    }
}

/// 3.3.9: two lengths, and no way to know which one is meant.
#[test]
fn mcl01() {
    let twice = &["Content-Length: 13", "l: 5"][..];
    check(
        &[("Content-Length:", twice)],
        Verdict::Refused(400),
        header("Content-Length", Fault::Repeated),
    );
}

/// RFC 3261 17: an ACK is never answered.
#[test]
fn nobody_answers_an_ack() {
    check(
        &[("INVITE", &["ACK sip:nutzer@example.com SIP/7.0"])],
        Verdict::Silence,
        Some(Why::Version),
    );
}
