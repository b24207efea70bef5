//! Typed readers: what a header says, or which header is malformed.

use bytes::Bytes;
use jiff::civil::DateTime;
use nom::Parser;
use nom::combinator::map;

use super::grammar::{self, Parsed, list, number, seconds};
use super::{
    CSeq, CallInfo, Challenge, Contacts, Credentials, Event, Fault, HeaderError, Headers,
    MediaType, Method, Name, NameAddr, RAck, Reason, Replaces, RetryAfter, SessionExpires,
    SubscriptionState, UserToUser, Via,
};
use super::{
    auth, date, event, media_type, name_addr, replaces, sequence, session, user_to_user, via,
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
    grammar::whole(parser, &String::from_utf8_lossy(value)).ok_or(malformed(header))
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
