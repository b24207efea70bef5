//! Typed readers: what a header says, or which header is malformed.

use bytes::Bytes;
use jiff::civil::DateTime;
use nom::Parser;
use nom::combinator::map;

use super::grammar::{self, Parsed, list, number, seconds};
use super::{
    CSeq, CallInfo, Challenge, Contacts, Credentials, Event, Fault, HeaderError, Headers,
    MediaType, Method, Name, NameAddr, RAck, Reason, Replaces, RetryAfter, SessionExpires,
    SubscriptionState, UserToUser, Via, auth, date, event, media_type, name_addr, replaces,
    sequence, session, user_to_user, via,
};

type Read<T> = Result<T, HeaderError>;
type Grammar<T> = for<'a> fn(&'a str) -> Parsed<'a, T>;

/// Who and where.
impl Headers {
    /// All hops, the nearest first.
    ///
    /// # Errors
    /// When one is malformed or there is none.
    pub fn vias(&self) -> Read<Vec<Via>> {
        let vias = self.read_all(Name::Via, via::via)?;
        if vias.is_empty() { Err(missing("Via")) } else { Ok(vias) }
    }

    /// The nearest hop: who sent a request, and to whom its response goes.
    ///
    /// # Errors
    /// When its line is malformed or there is none.
    pub fn top_via(&self) -> Read<Via> {
        self.via_line()?.into_iter().next().ok_or(missing("Via"))
    }

    pub(super) fn via_line(&self) -> Read<Vec<Via>> {
        let line = self.get(Name::Via).ok_or(missing("Via"))?;
        read(line, "Via", |text| list(via::via).parse(text))
    }

    /// Who asks.
    ///
    /// # Errors
    /// When it is malformed or missing.
    pub fn from(&self) -> Read<NameAddr> {
        self.read_one(Name::From, name_addr::party)?.ok_or(missing("From"))
    }

    /// Who is asked.
    ///
    /// # Errors
    /// When it is malformed or missing.
    pub fn to(&self) -> Read<NameAddr> {
        self.read_one(Name::To, name_addr::party)?.ok_or(missing("To"))
    }

    /// What ties the requests of a dialog or a registration together. Case-sensitive.
    ///
    /// # Errors
    /// When it is malformed or missing.
    pub fn call_id(&self) -> Read<&str> {
        let value = self.get_one(&Name::CallId)?.ok_or(missing("Call-ID"))?;
        let id = std::str::from_utf8(value).map_err(|_| malformed("Call-ID"))?;
        let sound = |part: &str| !part.is_empty() && part.chars().all(grammar::is_word);
        let (before, behind) =
            id.split_once('@').map_or((id, None), |(before, behind)| (before, Some(behind)));
        if sound(before) && behind.is_none_or(sound) { Ok(id) } else { Err(malformed("Call-ID")) }
    }

    /// The place of this request in its dialog.
    ///
    /// # Errors
    /// When it is malformed or missing.
    pub fn cseq(&self) -> Read<CSeq> {
        self.read_one(Name::CSeq, sequence::cseq)?.ok_or(missing("CSeq"))
    }

    /// Where to find the sender from now on, or what is registered.
    ///
    /// # Errors
    /// When one is malformed, or `*` does not stand alone.
    pub fn contacts(&self) -> Read<Contacts> {
        let lists = self.read_each(Name::Contact, name_addr::contacts)?;
        if let [Contacts::Star] = lists.as_slice() {
            return Ok(Contacts::Star);
        }
        let mut all = Vec::new();
        for contacts in lists {
            match contacts {
                Contacts::Star => return Err(malformed("Contact")),
                Contacts::List(mut list) => all.append(&mut list),
            }
        }
        Ok(Contacts::List(all))
    }

    /// The proxies that want to stay in the path of the dialog.
    ///
    /// # Errors
    /// When one is malformed.
    pub fn record_routes(&self) -> Read<Vec<NameAddr>> {
        self.read_all(Name::RecordRoute, name_addr::hop)
    }

    /// The proxies still to be passed.
    ///
    /// # Errors
    /// When one is malformed.
    pub fn routes(&self) -> Read<Vec<NameAddr>> {
        self.read_all(Name::Route, name_addr::hop)
    }

    /// Who the caller is, as a trusted network says (RFC 3325 9.1): a SIP URI, a telephone number, or both.
    ///
    /// # Errors
    /// When one is malformed.
    pub fn p_asserted_identity(&self) -> Read<Vec<NameAddr>> {
        self.read_all(Name::PAssertedIdentity, name_addr::name_addr)
    }
}

/// Limits and times.
impl Headers {
    /// How many more hops the request may take, 0..=255.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn max_forwards(&self) -> Read<Option<u8>> {
        self.read_one(Name::MaxForwards, sequence::hops)
    }

    /// For how many seconds something is meant to last.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn expires(&self) -> Read<Option<u32>> {
        self.read_one(Name::Expires, seconds)
    }

    /// The least number of seconds a registrar agrees to (RFC 3261 20.23).
    ///
    /// # Errors
    /// When it is malformed.
    pub fn min_expires(&self) -> Read<Option<u32>> {
        self.read_one(Name::MinExpires, seconds)
    }

    /// How long the session lives without a refresh (RFC 4028 4).
    ///
    /// # Errors
    /// When it is malformed.
    pub fn session_expires(&self) -> Read<Option<SessionExpires>> {
        self.read_one(Name::SessionExpires, session::session_expires)
    }

    /// The least number of seconds a session may live without a refresh (RFC 4028 5).
    ///
    /// # Errors
    /// When it is malformed.
    pub fn min_se(&self) -> Read<Option<u32>> {
        self.read_one(Name::MinSe, session::min_se)
    }

    /// When to try again.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn retry_after(&self) -> Read<Option<RetryAfter>> {
        self.read_one(Name::RetryAfter, session::retry_after)
    }

    /// When the message was sent first, in UTC.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn date(&self) -> Read<Option<DateTime>> {
        self.read_one(Name::Date, date::date)
    }
}

/// Bodies and abilities.
impl Headers {
    /// What the body is.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn content_type(&self) -> Read<Option<MediaType>> {
        self.read_one(Name::ContentType, media_type::media_type)
    }

    /// Bytes of the body, as the sender said. Only while a message is parsed: later its body has that length.
    pub(super) fn content_length(&self) -> Read<Option<u32>> {
        self.read_one(Name::ContentLength, number)
    }

    /// The methods that the sender takes.
    ///
    /// # Errors
    /// When one is malformed.
    pub fn allow(&self) -> Read<Vec<Method>> {
        self.read_all(Name::Allow, sequence::method)
    }

    /// The extensions that the sender knows.
    ///
    /// # Errors
    /// When one is malformed.
    pub fn supported(&self) -> Read<Vec<String>> {
        self.read_all(Name::Supported, owned_token)
    }

    /// The extensions without which the request makes no sense: 420 for those that are not known.
    ///
    /// # Errors
    /// When one is malformed.
    pub fn require(&self) -> Read<Vec<String>> {
        self.read_all(Name::Require, owned_token)
    }

    /// The extensions that were required and are not known.
    ///
    /// # Errors
    /// When one is malformed.
    pub fn unsupported(&self) -> Read<Vec<String>> {
        self.read_all(Name::Unsupported, owned_token)
    }
}

/// Proofs of identity.
impl Headers {
    /// What a server wants to know before it serves.
    ///
    /// # Errors
    /// When one is malformed.
    pub fn www_authenticate(&self) -> Read<Vec<Challenge>> {
        self.read_all(Name::WwwAuthenticate, auth::challenge)
    }

    /// What a proxy wants to know before it passes on.
    ///
    /// # Errors
    /// When one is malformed.
    pub fn proxy_authenticate(&self) -> Read<Vec<Challenge>> {
        self.read_all(Name::ProxyAuthenticate, auth::challenge)
    }

    /// Answers to servers, one a header.
    ///
    /// # Errors
    /// When one is malformed.
    pub fn authorization(&self) -> Read<Vec<Credentials>> {
        self.read_each(Name::Authorization, auth::credentials)
    }

    /// Answers to proxies, one a header.
    ///
    /// # Errors
    /// When one is malformed.
    pub fn proxy_authorization(&self) -> Read<Vec<Credentials>> {
        self.read_each(Name::ProxyAuthorization, auth::credentials)
    }
}

/// Transfers and what goes with them.
impl Headers {
    /// Whom to call (RFC 3515 2.1).
    ///
    /// # Errors
    /// When it is malformed.
    pub fn refer_to(&self) -> Read<Option<NameAddr>> {
        self.read_one(Name::ReferTo, name_addr::name_addr)
    }

    /// Who wishes it (RFC 3892 3).
    ///
    /// # Errors
    /// When it is malformed.
    pub fn referred_by(&self) -> Read<Option<NameAddr>> {
        self.read_one(Name::ReferredBy, name_addr::name_addr)
    }

    /// The dialog whose place a new one takes (RFC 3891).
    ///
    /// # Errors
    /// When it is malformed.
    pub fn replaces(&self) -> Read<Option<Replaces>> {
        self.read_one(Name::Replaces, replaces::replaces)
    }

    /// What the other end tells us beside the call (RFC 7433).
    ///
    /// # Errors
    /// When one is malformed.
    pub fn user_to_user(&self) -> Read<Vec<UserToUser>> {
        self.read_all(Name::UserToUser, user_to_user::user_to_user)
    }

    /// Where more about the caller is to be found.
    ///
    /// # Errors
    /// When one is malformed.
    pub fn call_info(&self) -> Read<Vec<CallInfo>> {
        self.read_all(Name::CallInfo, name_addr::call_info)
    }

    /// Why a request was sent (RFC 3326).
    ///
    /// # Errors
    /// When one is malformed.
    pub fn reason(&self) -> Read<Vec<Reason>> {
        self.read_all(Name::Reason, event::reason)
    }
}

/// Subscriptions and reliable provisional responses.
impl Headers {
    /// What is watched.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn event(&self) -> Read<Option<Event>> {
        self.read_one(Name::Event, event::event)
    }

    /// How a subscription stands.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn subscription_state(&self) -> Read<Option<SubscriptionState>> {
        self.read_one(Name::SubscriptionState, event::subscription_state)
    }

    /// Which reliable provisional response was received (RFC 3262 7.2).
    ///
    /// # Errors
    /// When it is malformed.
    pub fn rack(&self) -> Read<Option<RAck>> {
        self.read_one(Name::RAck, sequence::rack)
    }

    /// The place of a reliable provisional response, 1..2^31 (RFC 3262 7.1).
    ///
    /// # Errors
    /// When it is malformed.
    pub fn rseq(&self) -> Read<Option<u32>> {
        self.read_one(Name::RSeq, sequence::rseq)
    }
}

/// The work behind all of them.
impl Headers {
    /// Reads every header that this file knows.
    ///
    /// # Errors
    /// The first one that is malformed: a request with it deserves 400, a response with it is dropped.
    pub fn verify(&self) -> Read<()> {
        self.vias()?;
        self.from()?;
        self.to()?;
        self.call_id()?;
        self.cseq()?;
        self.contacts()?;
        self.record_routes()?;
        self.routes()?;
        self.p_asserted_identity()?;
        self.max_forwards()?;
        self.expires()?;
        self.min_expires()?;
        self.session_expires()?;
        self.min_se()?;
        self.retry_after()?;
        self.date()?;
        self.content_type()?;
        self.allow()?;
        self.supported()?;
        self.require()?;
        self.unsupported()?;
        self.www_authenticate()?;
        self.proxy_authenticate()?;
        self.authorization()?;
        self.proxy_authorization()?;
        self.refer_to()?;
        self.referred_by()?;
        self.replaces()?;
        self.user_to_user()?;
        self.call_info()?;
        self.reason()?;
        self.event()?;
        self.subscription_state()?;
        self.rack()?;
        self.rseq()?;
        Ok(())
    }

    fn get_one(&self, name: &Name) -> Read<Option<&Bytes>> {
        let mut all = self.iter().filter(|(its, _)| *its == name);
        let first = all.next();
        if all.next().is_some() {
            return Err(HeaderError { header: header(name), fault: Fault::Repeated });
        }
        Ok(first.map(|(_, value)| value))
    }

    fn read_one<T>(&self, name: Name, parser: Grammar<T>) -> Read<Option<T>> {
        self.get_one(&name)?.map(|value| read(value, header(&name), parser)).transpose()
    }

    /// All headers called `name`, each a value of its own. One that is empty (`Supported:`) is legal and says nothing.
    fn read_each<T>(&self, name: Name, parser: Grammar<T>) -> Read<Vec<T>> {
        let values = self.all(name.clone()).filter(|value| !value.is_empty());
        values.map(|value| read(value, header(&name), parser)).collect()
    }

    /// All values of all headers called `name`, where commas stand between values.
    fn read_all<T>(&self, name: Name, item: Grammar<T>) -> Read<Vec<T>> {
        let mut found = Vec::new();
        for value in self.all(name.clone()).filter(|value| !value.is_empty()) {
            found.append(&mut read(value, header(&name), |text| list(item).parse(text))?);
        }
        Ok(found)
    }
}

/// Names in quotes may hold any bytes; those that are no UTF-8 are replaced before a grammar sees them.
fn read<T>(
    value: &[u8],
    header: &'static str,
    parser: impl for<'a> Fn(&'a str) -> Parsed<'a, T>,
) -> Read<T> {
    match std::str::from_utf8(value) {
        Ok(text) => grammar::whole(parser, text),
        Err(_) => grammar::whole(parser, &String::from_utf8_lossy(value)),
    }
    .ok_or(malformed(header))
}

fn owned_token(input: &str) -> Parsed<'_, String> {
    map(grammar::token, str::to_owned).parse(input)
}

fn header(name: &Name) -> &'static str {
    name.known_str().unwrap_or("a header")
}

const fn missing(header: &'static str) -> HeaderError {
    HeaderError { header, fault: Fault::Missing }
}

const fn malformed(header: &'static str) -> HeaderError {
    HeaderError { header, fault: Fault::Malformed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::message::{Print, Uri};

    fn headers(name: Name, values: &[&str]) -> Headers {
        let mut headers = Headers::new();
        for value in values {
            headers.push(name.clone(), *value);
        }
        headers
    }

    /// What `reader` gives for one header `name: value`, printed again; `None` where it refuses.
    fn reads<T: Print>(name: Name, value: &str, reader: fn(&Headers) -> Read<T>) -> Option<String> {
        let read = reader(&headers(name, &[value])).ok()?;
        Some(String::from_utf8(read.printed().to_vec()).unwrap())
    }

    fn one<T>(read: Read<Option<T>>) -> Read<T> {
        read.and_then(|value| value.ok_or(missing("a header")))
    }

    fn first<T>(read: Read<Vec<T>>) -> Read<T> {
        read.and_then(|values| values.into_iter().next().ok_or(missing("a header")))
    }

    #[test]
    fn via_and_its_parameters_are_read_or_refused() {
        #[rustfmt::skip]
        let table = [
            ("SIP/2.0/udp 192.0.2.1:5062;rport;branch=z9hG4bK1", Some("SIP/2.0/UDP 192.0.2.1:5062;rport;branch=z9hG4bK1")),
            ("SIP/2.0/TLS [2001:DB8::1]:5061;received=2001:db8::2;branch=a", Some("SIP/2.0/TLS [2001:db8::1]:5061;received=2001:db8::2;branch=a")),
            ("SIP/2.0/UDP h;maddr=224.2.0.1;ttl=16", Some("SIP/2.0/UDP h;maddr=224.2.0.1;ttl=16")),
            ("SIP/2.0/UDP h : 5060 ; rport=5061", Some("SIP/2.0/UDP h:5060;rport=5061")),
            ("SIP/2.0/UDP h;ttl=256", None), ("SIP/2.0/UDP h;rport=65536", None), ("SIP/2.0/UDP h;received=name", None),
            ("SIP/2.0/UDP h:65536", None), ("SIP/2.0/UDP", None), ("SIP/2.0 h", None), ("SIP/2.0/UDP h,", None),
            ("SIP/2.0/UDP h;branch=", None), ("SIP/2.0/UDP h;branch=\"\"", None),
        ];
        for (value, printed) in table {
            assert_eq!(reads(Name::Via, value, Headers::top_via).as_deref(), printed, "{value}");
        }
    }

    #[test]
    fn the_source_of_a_request_is_noted_in_its_top_via_only() {
        let mut headers =
            headers(Name::Via, &["SIP/2.0/UDP a;rport;branch=x, SIP/2.0/UDP b", "SIP/2.0/UDP c"]);
        let mut via = headers.top_via().unwrap();
        via.note_source([192, 0, 2, 9].into(), 40_000);
        headers.replace_top_via(&via).unwrap();
        assert_eq!(
            (via.received(), via.rport()),
            (Some([192, 0, 2, 9].into()), Some(Some(40_000)))
        );
        assert_eq!(
            headers.all(Name::Via).collect::<Vec<_>>(),
            [
                "SIP/2.0/UDP a;rport=40000;branch=x;received=192.0.2.9, SIP/2.0/UDP b",
                "SIP/2.0/UDP c"
            ]
        );
        let mut same = Via::new(
            super::super::Transport::Udp,
            super::super::Host::V4([192, 0, 2, 9].into()),
            None,
            "x",
        );
        same.params.remove("rport");
        same.note_source([192, 0, 2, 9].into(), 5_060);
        assert_eq!(same.received(), None, "sent-by says it already (RFC 3261 18.2.1)");
    }

    #[test]
    fn addresses_are_read_with_and_without_their_brackets() {
        #[rustfmt::skip]
        let table = [
            ("sip:a@b;tag=x", Some("<sip:a@b>;tag=x")), ("<sip:a@b;lr>;tag=x", Some("<sip:a@b;lr>;tag=x")),
            ("\"A, B\" <sip:a@b>", Some("\"A, B\" <sip:a@b>")), ("A  B <sip:a@b>", Some("\"A B\" <sip:a@b>")),
            ("文华<tel:+86-755>;tag=y", Some("\"文华\" <tel:+86-755>;tag=y")), ("\"\" <sip:a@b>", Some("\"\" <sip:a@b>")),
            ("sip:*98#@b", Some("<sip:*98%23@b>")),
            ("<sip:a@b", None), ("sip:a@b>", None), ("\"a <sip:a@b>", None), ("<sip:a@b>;tag", None), ("<sip:a@b>;", None),
            ("sip:a@b, sip:c@d", None), ("<>", None), ("", None), ("a <b> <sip:a@b>", None),
        ];
        for (value, printed) in table {
            assert_eq!(reads(Name::From, value, Headers::from).as_deref(), printed, "{value}");
        }
    }

    #[test]
    fn a_star_stands_alone_among_contacts() {
        let contacts = |values: &[&str]| headers(Name::Contact, values).contacts();
        assert_eq!(contacts(&["*"]), Ok(Contacts::Star));
        assert_eq!(contacts(&["*", "<sip:a@b>"]), Err(malformed("Contact")));
        assert_eq!(contacts(&["*, <sip:a@b>"]), Err(malformed("Contact")));
        let list =
            contacts(&["<sip:a@b>;expires=60;q=0.5, sip:c@d;expires=soon", "sip:e@f;q=1.000"])
                .unwrap();
        let read: Vec<_> = list
            .list()
            .iter()
            .map(|contact| (contact.expires(), contact.q_thousandths()))
            .collect();
        assert_eq!(read, [(Some(60), Some(500)), (Some(3_600), None), (None, Some(1_000))]);
        for q in ["1.001", "2", "0.1234", "x", ".5"] {
            assert_eq!(contacts(&[&format!("<sip:a@b>;q={q}")]), Err(malformed("Contact")), "{q}");
        }
    }

    #[test]
    fn challenges_and_credentials_keep_their_quotes() {
        let both = "Digest realm=\"h, l\", nonce=\"a\\\"b\", qop=\"auth,auth-int\", stale=TRUE, Basic realm=x";
        let challenges = headers(Name::WwwAuthenticate, &[both]).www_authenticate().unwrap();
        assert_eq!(
            (challenges.len(), challenges[0].get("REALM"), challenges[0].get("nonce")),
            (2, Some("h, l"), Some("a\"b"))
        );
        assert_eq!(
            (challenges[0].qop().collect::<Vec<_>>(), challenges[0].is_stale()),
            (vec!["auth", "auth-int"], true)
        );
        assert_eq!(challenges.printed(), both);
        let answer =
            "Digest username=\"8001\", uri=\"sip:h;a=b\", nc=0000000a, qop=auth, response=\"0f\"";
        let credentials = first(headers(Name::Authorization, &[answer]).authorization()).unwrap();
        assert_eq!(
            (credentials.nonce_count(), credentials.get("uri")),
            (Some(10), Some("sip:h;a=b"))
        );
        assert_eq!(
            (credentials.printed(), format!("{credentials:?}")),
            (answer.into(), "Digest ***".to_owned())
        );
        for value in
            ["Digest", "Digest realm", "Digest realm=\"a", "Digest realm=a,", "Digest abc=="]
        {
            assert_eq!(
                headers(Name::Authorization, &[value]).authorization(),
                Err(malformed("Authorization")),
                "{value}"
            );
        }
        assert!(headers(Name::Authorization, &["Basic YWxhZGRpbg=="]).authorization().is_ok());
    }

    #[test]
    fn the_small_headers_are_read_or_refused() {
        type Reader = fn(&Headers) -> Option<String>;
        fn show<T: Print>(read: Read<T>) -> Option<String> {
            read.ok().map(|value| String::from_utf8(value.printed().to_vec()).unwrap())
        }
        #[rustfmt::skip]
        let table: [(Name, &str, Reader, Option<&str>); 39] = [
            (Name::CSeq, "0001 INVITE", |h| show(h.cseq()), Some("1 INVITE")),
            (Name::CSeq, "2147483648 INVITE", |h| show(h.cseq()), None),
            (Name::CSeq, "1", |h| show(h.cseq()), None),
            (Name::MaxForwards, "256", |h| show(one(h.max_forwards()).map(u32::from)), None),
            (Name::Expires, "99999999999999", |h| show(one(h.expires())), Some("4294967295")),
            (Name::Expires, "soon", |h| show(one(h.expires())), None),
            (Name::MinExpires, "60", |h| show(one(h.min_expires())), Some("60")),
            (Name::SessionExpires, "90;refresher=UAC", |h| show(one(h.session_expires())), Some("90;refresher=uac")),
            (Name::SessionExpires, "90 ; x=y", |h| show(one(h.session_expires())), Some("90")),
            (Name::SessionExpires, "90;refresher=me", |h| show(one(h.session_expires())), None),
            (Name::MinSe, "90;x", |h| show(one(h.min_se())), Some("90")),
            (Name::RetryAfter, "120 (I'm (away\\)) now);duration=60", |h| show(one(h.retry_after())), Some("120;duration=60")),
            (Name::RetryAfter, "120 (now", |h| show(one(h.retry_after())), None),
            (Name::ContentType, "Application/SDP; charset=utf-8", |h| show(one(h.content_type())), Some("application/sdp;charset=utf-8")),
            (Name::ContentType, "application", |h| show(one(h.content_type())), None),
            (Name::Allow, "INVITE,ACK , FROB", |h| h.allow().ok().map(|m| m[2].to_string()), Some("FROB")),
            (Name::Allow, "", |h| h.allow().ok().map(|m| m.len().to_string()), Some("0")),
            (Name::Supported, "100rel timer", |h| show(first(h.supported())), None),
            (Name::Require, "100rel", |h| show(first(h.require())), Some("100rel")),
            (Name::Unsupported, "x,,y", |h| show(first(h.unsupported())), None),
            (Name::ReferTo, "<sip:a@b?Replaces=c%40d%3Bto-tag%3De%3Bfrom-tag%3Df>", |h| show(one(h.refer_to())), Some("<sip:a@b?Replaces=c%40d%3Bto-tag%3De%3Bfrom-tag%3Df>")),
            (Name::ReferredBy, "sip:a@b;cid=x", |h| show(one(h.referred_by())), Some("<sip:a@b>;cid=x")),
            (Name::Replaces, "c@d; from-tag=f ;to-tag=e;early-only", |h| show(one(h.replaces())), Some("c@d;to-tag=e;from-tag=f;early-only")),
            (Name::Replaces, "c@d;to-tag=e", |h| show(one(h.replaces())), None),
            (Name::Replaces, "c@d;to-tag=e;to-tag=e;from-tag=f", |h| show(one(h.replaces())), None),
            (Name::UserToUser, "48692e;purpose=x;encoding=hex", |h| show(first(h.user_to_user()).map(|u| u.data.into()) as Read<bytes::Bytes>), Some("Hi.")),
            (Name::UserToUser, "\"Hi, \";encoding=text", |h| show(first(h.user_to_user())), Some("\"Hi, \";encoding=text")),
            (Name::UserToUser, "48692", |h| show(first(h.user_to_user())), None),
            (Name::CallInfo, "<http://127.0.0.1/x?y=z>;purpose=info, <sip:a@b>", |h| show(first(h.call_info())), Some("<http://127.0.0.1/x?y=z>;purpose=info")),
            (Name::CallInfo, "http://127.0.0.1/", |h| show(first(h.call_info())), None),
            (Name::PAssertedIdentity, "\"W\" <sip:a@b>, <tel:+86>", |h| show(first(h.p_asserted_identity())), Some("\"W\" <sip:a@b>")),
            (Name::Reason, "Q.850;cause=16;text=\"Done, ok\"", |h| first(h.reason()).ok().map(|r| format!("{:?} {:?}", r.cause(), r.text())), Some("Some(16) Some(\"Done, ok\")")),
            (Name::Event, "refer;id=93809824", |h| show(one(h.event())), Some("refer;id=93809824")),
            (Name::SubscriptionState, "terminated;reason=noresource", |h| one(h.subscription_state()).ok().map(|s| s.is_terminated().to_string()), Some("true")),
            (Name::RAck, "776656 1 INVITE", |h| show(one(h.rack())), Some("776656 1 INVITE")),
            (Name::RSeq, "0", |h| show(one(h.rseq())), None),
            (Name::Date, "Sat, 13 Nov 2010 23:29:00 GMT", |h| one(h.date()).ok().map(|d| d.to_string()), Some("2010-11-13T23:29:00")),
            (Name::Date, "Sun, 13 Nov 2010 23:29:00 GMT", |h| one(h.date()).ok().map(|d| d.to_string()), None),
            (Name::Date, "Sat, 31 Nov 2010 23:29:00 GMT", |h| one(h.date()).ok().map(|d| d.to_string()), None),
        ];
        for (name, value, reader, expected) in table {
            let shown = reader(&headers(name.clone(), &[value]));
            assert_eq!(shown.as_deref(), expected, "{name}: {value}");
        }
    }

    #[test]
    fn nobody_adds_a_header_through_a_value_or_a_name() {
        let mut headers = Headers::new();
        headers.push("X-Own", "a\r\nVia: b");
        headers.push("X: y\r\nZ", "c");
        headers.push(Name::ContentLength, "5");
        assert_eq!(
            headers.iter().collect::<Vec<_>>(),
            [(&Name::parse("x-own"), &"a  Via: b".into())]
        );
    }

    #[test]
    fn setting_a_header_keeps_its_place() {
        let mut it = headers(Name::Route, &["<sip:a>", "<sip:b>"]);
        it.prepend(Name::Via, "v");
        it.push("X", "y");
        it.set(Name::Route, &[NameAddr::new(Uri::parse("sip:c").unwrap())][..]);
        it.set(Name::MaxForwards, &70_u32);
        let values: Vec<_> = it.iter().map(|(_, value)| value).collect();
        assert_eq!(values, ["v", "<sip:c>", "y", "70"]);
        it.remove(Name::Route);
        assert_eq!((it.len(), it.routes()), (3, Ok(vec![])));
    }
}
