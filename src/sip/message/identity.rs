//! Property tests: what is printed parses to the same value, and no bytes make anything panic.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn token() -> impl Strategy<Value = String> {
    "[A-Za-z0-9.!%*_+`'~-]{1,12}"
}

fn host() -> impl Strategy<Value = Host> {
    prop_oneof![
        "[a-z][a-z0-9-]{0,8}(\\.[a-z][a-z0-9]{0,5}){0,2}"
            .prop_map(|name| Host::parse(&name).unwrap()),
        any::<[u8; 4]>().prop_map(|bytes| Host::V4(bytes.into())),
        any::<[u16; 8]>().prop_map(|words| Host::V6(words.into())),
    ]
}

/// Any user and parameters: the URI escapes them.
fn uri() -> impl Strategy<Value = Uri> {
    let params = prop::collection::vec((".{1,5}", prop::option::of(".{0,5}")), 0..3);
    let sip = (any::<bool>(), prop::option::of(".{1,9}"), host(), any::<Option<u16>>(), params)
        .prop_map(|(secure, user, host, port, params)| {
            let mut uri = SipUri::new(host, port);
            uri.secure = secure;
            if let Some(user) = user {
                uri = uri.with_user(&user);
            }
            for (name, value) in params {
                uri.set_param(&name, value.as_deref());
            }
            Uri::Sip(uri)
        });
    let written = "(sip:[a-z%0-9A-F;?&=]{1,8}@h(;[a-z%0-9A-F]{1,6}(=[a-z]{0,3})?)?(\\?[a-z]=[a-z%0-9A-F]{0,6})?|tel:\\+?[0-9().-]{1,9}(;[a-z]+=[0-9]+)?|[a-z]{1,4}:[!-;=?-~]{1,9})";
    let others = written.prop_filter_map("no URI", |text| Uri::parse(&text).ok());
    prop_oneof![sip, others]
}

fn params() -> impl Strategy<Value = Params> {
    let value = prop::option::of((".{0,9}", any::<bool>()));
    prop::collection::vec((token(), value), 0..4).prop_map(|params| {
        let make = |(name, value): (String, Option<(String, bool)>)| {
            let value = value.map(|(text, quoted)| (text.replace(['\r', '\n'], " "), quoted));
            let value = value
                .map(|(text, quoted)| if quoted { Value::quoted(text) } else { Value::new(text) });
            Param { name, value }
        };
        params
            .into_iter()
            .map(make)
            .filter(|param| !SPECIAL.contains(&&*param.name.to_lowercase()))
            .collect()
    })
}

/// Parameters whose values have grammars of their own.
const SPECIAL: [&str; 8] = ["q", "tag", "ttl", "rport", "maddr", "branch", "received", "expires"];

fn name_addr() -> impl Strategy<Value = NameAddr> {
    let display =
        prop::option::of(any::<String>().prop_map(|name| name.replace(['\r', '\n'], " ")));
    (display, uri(), params()).prop_map(|(display, uri, params)| NameAddr { display, uri, params })
}

fn via() -> impl Strategy<Value = Via> {
    (token(), host(), any::<Option<u16>>(), token(), params()).prop_map(
        |(transport, host, port, branch, params)| {
            let mut via = Via::new(Transport::parse(&transport).unwrap(), host, port, &branch);
            params.iter().for_each(|param| via.params.push(&param.name, param.value.clone()));
            via
        },
    )
}

fn message() -> impl Strategy<Value = Message> {
    let start = prop_oneof![
        (token(), uri()).prop_filter_map("headers in the Request-URI", |(method, uri)| {
            let sound =
                !uri.sip().is_some_and(SipUri::has_headers) && !method.eq_ignore_ascii_case("sip");
            sound.then(|| {
                (Message::from(Request::new(Method::parse(&method).unwrap(), uri)), method)
            })
        }),
        (100_u16..700, "[ -~]{0,20}", token()).prop_map(|(code, reason, method)| {
            let mut response = Response::new(Status::new(code).unwrap());
            response.reason = reason;
            (response.into(), method)
        }),
    ];
    let people = (name_addr(), name_addr(), token(), 0_u32..1 << 31);
    let paths = (prop::collection::vec(via(), 1..4), prop::collection::vec(name_addr(), 0..3));
    let others = prop::collection::vec(("X-[a-z]{1,9}", "[!-~]([ -~]{0,30}[!-~])?"), 0..4);
    (start, people, paths, others, prop::collection::vec(any::<u8>(), 0..50)).prop_map(
        |((mut message, method), (from, to, call_id, number), (vias, contacts), others, body)| {
            let headers = message.headers_mut();
            headers.push(Name::Via, vias.as_slice());
            headers.push(Name::From, &from);
            headers.push(Name::To, &to);
            headers.push(Name::CallId, &call_id);
            headers.push(Name::CSeq, &CSeq { number, method: Method::parse(&method).unwrap() });
            contacts.iter().for_each(|contact| headers.push(Name::Contact, contact));
            others.iter().for_each(|(name, value)| headers.push(name.as_str(), value));
            match &mut message {
                Message::Request(request) => request.body = body.into(),
                Message::Response(response) => response.body = body.into(),
            }
            message
        },
    )
}

proptest! {
    #[test]
    fn a_uri_is_read_as_it_was_printed(uri in uri()) {
        let printed = uri.printed();
        let again = Uri::parse(std::str::from_utf8(&printed).unwrap()).unwrap();
        prop_assert_eq!(&again, &uri);
        prop_assert!(again.matches(&uri));
    }

    #[test]
    fn a_user_is_read_as_it_was_given(user in ".{1,20}") {
        let uri = SipUri::new(Host::parse("h").unwrap(), None).with_user(&user);
        prop_assert_eq!(uri.user().unwrap(), user);
    }

    #[test]
    fn headers_are_read_as_they_were_printed(vias in prop::collection::vec(via(), 1..4), names in prop::collection::vec(name_addr(), 1..4)) {
        let mut headers = Headers::new();
        headers.push(Name::Via, vias.as_slice());
        headers.push(Name::Route, names.as_slice());
        names.iter().for_each(|name| headers.push(Name::Contact, name));
        prop_assert_eq!(headers.vias().unwrap(), vias);
        prop_assert_eq!(headers.routes().unwrap(), names.clone());
        prop_assert_eq!(headers.contacts().unwrap(), Contacts::List(names));
    }

    #[test]
    fn challenges_are_read_as_they_were_printed(realm in any::<String>(), nonce in token(), fields in params()) {
        let mut challenge = Challenge::digest(&realm.replace(['\r', '\n'], " "), &nonce);
        let valued = fields.iter().filter_map(|field| field.value.clone().map(|value| (&field.name, value)));
        valued.for_each(|(name, value)| challenge.fields.push(name, Some(value)));
        let mut headers = Headers::new();
        headers.push(Name::WwwAuthenticate, &[challenge.clone(), challenge.clone()][..]);
        prop_assert_eq!(headers.www_authenticate().unwrap(), [challenge.clone(), challenge]);
    }

    #[test]
    fn user_to_user_is_read_as_it_was_printed(data in prop::collection::vec(any::<u8>(), 0..200)) {
        let sent = UserToUser::hex(data, Some("hotline"));
        let mut headers = Headers::new();
        headers.push(Name::UserToUser, &sent);
        prop_assert_eq!(headers.user_to_user().unwrap(), [sent]);
    }

    #[test]
    fn a_message_is_read_as_it_was_printed(message in message()) {
        let printed = message.printed();
        prop_assert_eq!(Message::from_datagram(printed.clone()).unwrap(), message.clone());
        let mut framer = Framer::new();
        framer.feed(&printed);
        prop_assert_eq!(framer.next(), Some(Ok(Framed::Message(message))));
    }

    #[test]
    fn any_bytes_give_a_message_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survive(&bytes);
    }

    /// A message with some bytes changed, taken out and put in comes further than bytes from nowhere.
    #[test]
    fn any_damage_gives_a_message_or_an_error(
        message in message(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..8),
    ) {
        let mut bytes = message.printed().to_vec();
        for (place, byte, how) in damage {
            let place = place.index(bytes.len());
            match how {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, b"\r\n:;,<>\"%= \\@?"[usize::from(byte) % 14]),
                _ => _ = bytes.remove(place),
            }
        }
        survive(&bytes);
    }

    #[test]
    fn any_header_gives_a_value_or_an_error(value in "[a-z0-9\"\\\\<>;,:=@?% *()\\[\\]é]{0,40}") {
        for name in ["Via", "From", "Contact", "CSeq", "Date", "Retry-After", "WWW-Authenticate", "Replaces", "User-to-User"] {
            let mut headers = Headers::new();
            headers.push(name, &value);
            let mut rest = Headers::new();
            for (needed, value) in [("Via", "SIP/2.0/UDP h"), ("From", "sip:a@b"), ("To", "sip:a@b"), ("Call-ID", "x"), ("CSeq", "1 BYE")] {
                if !headers.has(needed) { rest.push(needed, value) }
            }
            for (name, value) in headers.iter() { rest.push(name.as_str(), value) }
            _ = rest.verify();
        }
    }
}

/// Whatever is understood also survives printing: the same message comes out.
fn survive(bytes: &[u8]) {
    match Message::from_datagram(Bytes::copy_from_slice(bytes)) {
        Ok(message) => {
            _ = message.headers().verify();
            assert_eq!(Message::from_datagram(message.printed()).unwrap(), message);
        }
        Err(malformed) => _ = malformed.answer().map(|answer| answer.printed()),
    }
    let mut framer = Framer::new();
    framer.feed(bytes);
    while framer.next().is_some() {}
}
