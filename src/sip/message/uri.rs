//! URIs: sip and sips (RFC 3261 19.1), tel (RFC 3966), others kept whole.
//!
//! A URI is held in a canonical spelling: escapes of characters that need none are resolved, the others are written
//! `%HH` in upper case, the host in lower case. So spelling never makes two URIs differ, and an escaped separator stays
//! an escape (RFC 3261 19.1.4: a reserved character and its escape are not the same).

use std::borrow::Cow;
use std::fmt;

use nom::Parser;
use nom::bytes::complete::take_while1;
use nom::character::complete::char;
use nom::combinator::{map_opt, opt};
use nom::multi::{many0, separated_list1};
use nom::sequence::preceded;
use thiserror::Error;

use super::grammar::{self, Parsed};
use super::host::{host_port, print_port};
use super::{Host, Print, Transport};
use crate::secret::Secret;

/// A URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uri {
    /// `sip:` or `sips:`.
    Sip(SipUri),
    /// `tel:`.
    Tel(TelUri),
    /// Any other scheme, whole; made by [`Uri::parse`] only. As a Request-URI it deserves 416.
    Other(Box<str>),
}

/// `sip:user:password@host:port;parameters?headers`. `Debug` shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct SipUri {
    /// `sips:`: every hop by TLS.
    pub secure: bool,
    user: Option<String>,
    password: Option<Secret<String>>,
    /// Where the user is.
    pub host: Host,
    /// `None` means the transport's default port.
    pub port: Option<u16>,
    params: Vec<UriParam>,
    headers: Vec<UriParam>,
}

/// A parameter or a header of a URI; both texts are escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UriParam {
    name: String,
    value: Option<String>,
}

/// `tel:+86-10-6552-9988;ext=1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelUri {
    number: String,
    params: Vec<UriParam>,
}

/// What was given is no URI, or one of `sip`, `sips` or `tel` that its grammar does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a URI")]
pub struct BadUri;

impl Uri {
    /// Reads a URI from end to end, without angle brackets around it.
    ///
    /// # Errors
    /// [`BadUri`].
    pub fn parse(text: &str) -> Result<Self, BadUri> {
        let (scheme, rest) = text.split_once(':').ok_or(BadUri)?;
        let secure = scheme.eq_ignore_ascii_case("sips");
        if secure || scheme.eq_ignore_ascii_case("sip") {
            return Ok(Self::Sip(sip(secure, rest).ok_or(BadUri)?));
        }
        if scheme.eq_ignore_ascii_case("tel") {
            return Ok(Self::Tel(tel(rest).ok_or(BadUri)?));
        }
        let sound = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
            && !rest.is_empty()
            && rest.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"'));
        if sound { Ok(Self::Other(text.into())) } else { Err(BadUri) }
    }

    /// The scheme in lower case.
    #[must_use]
    pub fn scheme(&self) -> Cow<'_, str> {
        match self {
            Self::Sip(SipUri { secure: false, .. }) => "sip".into(),
            Self::Sip(SipUri { secure: true, .. }) => "sips".into(),
            Self::Tel(_) => "tel".into(),
            Self::Other(whole) => {
                whole.split(':').next().unwrap_or_default().to_ascii_lowercase().into()
            }
        }
    }

    /// It as a SIP or SIPS URI.
    #[must_use]
    pub const fn sip(&self) -> Option<&SipUri> {
        match self {
            Self::Sip(uri) => Some(uri),
            Self::Tel(_) | Self::Other(_) => None,
        }
    }

    /// It as a SIP or SIPS URI, to change it.
    pub const fn sip_mut(&mut self) -> Option<&mut SipUri> {
        match self {
            Self::Sip(uri) => Some(uri),
            Self::Tel(_) | Self::Other(_) => None,
        }
    }

    /// Who is meant, without escapes: the user of a SIP URI, the digits of a telephone number.
    #[must_use]
    pub fn user(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Sip(uri) => uri.user(),
            Self::Tel(uri) => Some(uri.digits().into()),
            Self::Other(_) => None,
        }
    }

    /// Whether both mean the same resource (RFC 3261 19.1.4; RFC 3966 4). Not transitive, as that RFC notes.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sip(one), Self::Sip(two)) => one.matches(two),
            (Self::Tel(one), Self::Tel(two)) => one.matches(two),
            (Self::Other(one), Self::Other(two)) => one == two,
            (Self::Sip(_) | Self::Tel(_) | Self::Other(_), _) => false,
        }
    }
}

impl From<SipUri> for Uri {
    fn from(uri: SipUri) -> Self {
        Self::Sip(uri)
    }
}

impl std::str::FromStr for Uri {
    type Err = BadUri;

    fn from_str(text: &str) -> Result<Self, BadUri> {
        Self::parse(text)
    }
}

impl SipUri {
    /// `sip:host` or `sip:host:port`.
    #[must_use]
    pub const fn new(host: Host, port: Option<u16>) -> Self {
        Self {
            secure: false,
            user: None,
            password: None,
            host,
            port,
            params: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// It with `user` (unescaped) before the host.
    #[must_use]
    pub fn with_user(mut self, user: &str) -> Self {
        self.user = Some(escape(user, is_user));
        self
    }

    /// It with the parameter `name`, which replaces one of the same name. Both texts are unescaped.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: Option<&str>) -> Self {
        self.set_param(name, value);
        self
    }

    /// The user without escapes; bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn user(&self) -> Option<Cow<'_, str>> {
        self.user.as_deref().map(unescape)
    }

    /// The user as it stands on the wire, for comparing.
    #[must_use]
    pub fn escaped_user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The password, escaped. RFC 3261 19.1.1 advises against it; it is carried, and never shown.
    #[must_use]
    pub const fn password(&self) -> Option<&Secret<String>> {
        self.password.as_ref()
    }

    /// The value of a parameter without escapes, empty where it has none.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<Cow<'_, str>> {
        find(&self.params, name).map(|param| param.value.as_deref().map_or("".into(), unescape))
    }

    /// Adds or replaces a parameter. Both texts are unescaped; an empty name is ignored.
    pub fn set_param(&mut self, name: &str, value: Option<&str>) {
        self.remove_param(name);
        if !name.is_empty() {
            let value =
                value.filter(|value| !value.is_empty()).map(|value| escape(value, is_param));
            self.params.push(UriParam { name: escape(name, is_param), value });
        }
    }

    /// Takes out the parameter called `name`.
    pub fn remove_param(&mut self, name: &str) {
        self.params.retain(|param| !param.name.eq_ignore_ascii_case(name));
    }

    /// `lr`: who is named here routes loosely (RFC 3261 16.12).
    #[must_use]
    pub fn is_loose(&self) -> bool {
        find(&self.params, "lr").is_some()
    }

    /// The transport that `transport=` asks for.
    #[must_use]
    pub fn transport(&self) -> Option<Transport> {
        self.param("transport").and_then(|token| Transport::parse(&token))
    }

    /// The host that `maddr=` puts in place of the URI's own.
    #[must_use]
    pub fn maddr(&self) -> Option<Host> {
        self.param("maddr").and_then(|host| Host::parse(&host))
    }

    /// Name and value of the headers behind `?`, without escapes.
    pub fn headers(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.headers.iter().map(|header| {
            (unescape(&header.name), header.value.as_deref().map_or("".into(), unescape))
        })
    }

    /// Takes out the headers, as for a Request-URI made from it (RFC 3261 19.1.5).
    pub fn clear_headers(&mut self) {
        self.headers.clear();
    }

    /// Whether there are headers behind `?`, which a Request-URI must not have.
    #[must_use]
    pub const fn has_headers(&self) -> bool {
        !self.headers.is_empty()
    }

    fn matches(&self, other: &Self) -> bool {
        // RFC 3261 19.1.4: these count even when only one of the two has them; its example counts `transport` too.
        const COUNT_ALWAYS: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];
        let same = |name: &str| {
            find(&self.params, name).map(value) == find(&other.params, name).map(value)
        };
        (self.secure, &self.user, &self.password, &self.host, self.port)
            == (other.secure, &other.user, &other.password, &other.host, other.port)
            && COUNT_ALWAYS.into_iter().all(same)
            && self
                .params
                .iter()
                .all(|param| find(&other.params, &param.name).is_none() || same(&param.name))
            && self.headers.len() == other.headers.len()
            && self.headers.iter().all(|header| {
                find(&other.headers, &header.name)
                    .is_some_and(|theirs| theirs.value == header.value)
            })
    }
}

impl TelUri {
    /// The number as it was written, with its visual separators.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The number without its visual separators `-.()`, a leading `+` kept.
    #[must_use]
    pub fn digits(&self) -> String {
        self.number.chars().filter(|c| !is_separator(*c)).collect()
    }

    /// The value of a parameter without escapes, empty where it has none.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<Cow<'_, str>> {
        find(&self.params, name).map(|param| param.value.as_deref().map_or("".into(), unescape))
    }

    fn matches(&self, other: &Self) -> bool {
        self.digits().eq_ignore_ascii_case(&other.digits())
            && self.params.len() == other.params.len()
            && self
                .params
                .iter()
                .all(|param| find(&other.params, &param.name).map(value) == Some(value(param)))
    }
}

/// Values of parameters compare without regard to case (RFC 3261 19.1.4).
fn value(param: &UriParam) -> Option<String> {
    param.value.as_ref().map(|value| value.to_ascii_lowercase())
}

fn find<'a>(params: &'a [UriParam], name: &str) -> Option<&'a UriParam> {
    params.iter().find(|param| param.name.eq_ignore_ascii_case(name))
}

fn sip(secure: bool, rest: &str) -> Option<SipUri> {
    // A raw `@` is allowed nowhere else, so the first one ends the user.
    let (userinfo, rest) =
        rest.split_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
    let (user, password) = match userinfo
        .map(|info| info.split_once(':').map_or((info, None), |(u, p)| (u, Some(p))))
    {
        None => (None, None),
        Some(("", _)) => return None,
        // `#` must be escaped in a user, but phones dial `*98#` as it is.
        Some((user, password)) => {
            let password = match password {
                None => None,
                Some(password) => Some(Secret::new(canonical(password, is_password)?)),
            };
            (Some(canonical(user, |c| is_user(c) || c == '#')?), password)
        }
    };
    let ((host, port), params, headers) =
        grammar::whole((host_port, uri_params, uri_headers), rest)?;
    // `whole` takes white space at its ends, which a URI has not.
    let sound = !rest.contains([' ', '\t']);
    sound.then_some(SipUri { secure, user, password, host, port, params, headers })
}

fn tel(rest: &str) -> Option<TelUri> {
    let (number, params) = grammar::whole((take_while1(is_number), uri_params), rest)?;
    let subscriber = number.strip_prefix('+').unwrap_or(number);
    let sound = subscriber.contains(|c| !is_separator(c))
        && !subscriber.contains('+')
        && !rest.contains([' ', '\t']);
    sound.then(|| TelUri { number: number.to_owned(), params })
}

fn uri_params(input: &str) -> Parsed<'_, Vec<UriParam>> {
    many0(preceded(char(';'), pair(is_param))).parse(input)
}

fn uri_headers(input: &str) -> Parsed<'_, Vec<UriParam>> {
    let headers = preceded(char('?'), separated_list1(char('&'), pair(is_header)));
    let (rest, headers) = opt(headers).parse(input)?;
    Ok((rest, headers.unwrap_or_default()))
}

/// `name` or `name=value`, both of characters that are `allowed` or escapes. An empty value counts as none.
fn pair<'a>(allowed: fn(char) -> bool) -> impl Parser<&'a str, Output = UriParam, Error = ()> {
    let text = move || take_while1(move |c| allowed(c) || c == '%');
    let name = map_opt(text(), move |name: &str| canonical(name, allowed));
    let value = map_opt(opt(text()), move |value: Option<&str>| match value {
        None => Some(None),
        Some(value) => canonical(value, allowed).map(Some),
    });
    (name, opt(preceded(char('='), value)))
        .map(|(name, value)| UriParam { name, value: value.flatten() })
}

/// RFC 3261 25.1: unreserved.
const fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '!' | '~' | '*' | '\'' | '(' | ')')
}

const fn is_user(c: char) -> bool {
    is_unreserved(c) || matches!(c, '&' | '=' | '+' | '$' | ',' | ';' | '?' | '/')
}

const fn is_password(c: char) -> bool {
    is_unreserved(c) || matches!(c, '&' | '=' | '+' | '$' | ',')
}

const fn is_param(c: char) -> bool {
    is_unreserved(c) || matches!(c, '[' | ']' | '/' | ':' | '&' | '+' | '$')
}

const fn is_header(c: char) -> bool {
    is_unreserved(c) || matches!(c, '[' | ']' | '/' | '?' | ':' | '+' | '$')
}

/// RFC 3966 3: phonedigit, phonedigit-hex and `+`.
const fn is_number(c: char) -> bool {
    c.is_ascii_hexdigit() || is_separator(c) || matches!(c, '+' | '*' | '#')
}

/// RFC 3966 3: visual-separator.
const fn is_separator(c: char) -> bool {
    matches!(c, '-' | '.' | '(' | ')')
}

/// The one spelling of an escaped text; `None` for a broken escape or a character that is not `allowed`.
fn canonical(written: &str, allowed: impl Fn(char) -> bool) -> Option<String> {
    let mut out = String::with_capacity(written.len());
    let mut rest = written.chars();
    while let Some(c) = rest.next() {
        if c == '%' {
            let (high, low) = (rest.next()?.to_digit(16)?, rest.next()?.to_digit(16)?);
            let byte = char::from_u32(high * 16 + low)?;
            if is_unreserved(byte) { out.push(byte) } else { push_escape(byte, &mut out) }
        } else if !allowed(c) {
            return None;
        } else if is_unreserved(c) || c != '#' {
            out.push(c);
        } else {
            push_escape(c, &mut out);
        }
    }
    Some(out)
}

/// Escapes all that is not `allowed`, byte by byte.
fn escape(text: &str, allowed: fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes().map(char::from) {
        if allowed(byte) { out.push(byte) } else { push_escape(byte, &mut out) }
    }
    out
}

/// `byte` is 0..=255.
fn push_escape(byte: char, out: &mut String) {
    out.push('%');
    for digit in [u32::from(byte) / 16, u32::from(byte) % 16] {
        out.extend(char::from_digit(digit, 16).map(|digit| digit.to_ascii_uppercase()));
    }
}

/// Resolves escapes that [`canonical`] has checked.
fn unescape(escaped: &str) -> Cow<'_, str> {
    if !escaped.contains('%') {
        return escaped.into();
    }
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut pieces = escaped.split('%');
    bytes.extend(pieces.next().unwrap_or_default().bytes());
    for piece in pieces {
        let byte = piece.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.extend(byte);
        bytes.extend(piece.get(2..).unwrap_or_default().bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

impl Print for Uri {
    fn print(&self, out: &mut Vec<u8>) {
        match self {
            Self::Sip(uri) => uri.print(out),
            Self::Tel(uri) => {
                "tel:".print(out);
                uri.number.print(out);
                print_params(&uri.params, out);
            }
            Self::Other(whole) => out.extend_from_slice(whole.as_bytes()),
        }
    }
}

impl Print for SipUri {
    fn print(&self, out: &mut Vec<u8>) {
        (if self.secure { "sips:" } else { "sip:" }).print(out);
        if let Some(user) = &self.user {
            user.print(out);
            if let Some(password) = &self.password {
                out.push(b':');
                password.expose().print(out);
            }
            out.push(b'@');
        }
        self.host.print(out);
        print_port(self.port, out);
        print_params(&self.params, out);
        let mut mark = b'?';
        for header in &self.headers {
            out.push(mark);
            header.print(out);
            mark = b'&';
        }
    }
}

fn print_params(params: &[UriParam], out: &mut Vec<u8>) {
    for param in params {
        out.push(b';');
        param.print(out);
    }
}

impl Print for UriParam {
    fn print(&self, out: &mut Vec<u8>) {
        self.name.print(out);
        if let Some(value) = &self.value {
            out.push(b'=');
            value.print(out);
        }
    }
}

/// As on the wire, but for the password.
impl fmt::Debug for SipUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.clone();
        shown.password = self.password.as_ref().map(|_| Secret::new("***".to_owned()));
        f.write_str(&String::from_utf8_lossy(&shown.printed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        Uri::parse(text).unwrap_or_else(|_| panic!("{text}"))
    }

    #[test]
    fn uris_have_one_spelling() {
        #[rustfmt::skip]
        let table = [
            ("SIP:%61lice@Example.COM", Some("sip:alice@example.com")), ("sips:a:b%63@h:5061;LR", Some("sips:a:bc@h:5061;LR")),
            ("sip:a%2fb%2Bc@h", Some("sip:a%2Fb%2Bc@h")), ("sip:[2001:DB8::1]:5060", Some("sip:[2001:db8::1]:5060")),
            ("sip:h;p=?x=y", Some("sip:h;p?x=y")), ("sip:h?a=b&c=", Some("sip:h?a=b&c")), ("tel:+86(755)8588;ext=1", Some("tel:+86(755)8588;ext=1")),
            ("urn:service:sos", Some("urn:service:sos")), ("sip:a%00b@h", Some("sip:a%00b@h")),
            ("sip:", None), ("sip:@h", None), ("sip:a@", None), ("sip:a@@h", None), ("sip:a%4@h", None), ("sip:a%GG@h", None),
            ("sip:a b@h", None), ("sip:h:0x1", None), ("sip:h:65536", None), ("sip:h;", None), ("sip:h?", None), ("sip: h", None),
            ("tel:", None), ("tel:+", None), ("tel:12 34", None), ("1x:y", None), ("x:", None), ("nothing", None), ("x:a>b", None),
        ];
        for (text, printed) in table {
            let read = Uri::parse(text).ok().map(|uri| uri.printed());
            assert_eq!(read.as_deref(), printed.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn the_examples_of_rfc_3261_19_1_4_match_or_do_not() {
        #[rustfmt::skip]
        let table = [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp", true),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true),
            ("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true),
            ("sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true),
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false),
            ("sip:a@h", "sips:a@h", false), ("sip:a:b@h", "sip:a@h", false), ("sip:a%2Bb@h", "sip:a+b@h", false),
            ("tel:+1-201-555-0123", "tel:+12015550123", true), ("tel:+1201", "tel:1201", false), ("tel:1;ext=2", "tel:1", false),
        ];
        for (one, two, same) in table {
            assert_eq!(
                (uri(one).matches(&uri(two)), uri(two).matches(&uri(one))),
                (same, same),
                "{one} {two}"
            );
        }
    }

    #[test]
    fn a_password_travels_and_is_never_shown() {
        let uri = uri("sip:a:geheim@h");
        assert_eq!(uri.printed(), "sip:a:geheim@h");
        assert_eq!(format!("{uri:?}"), "Sip(sip:a:***@h)");
    }

    #[test]
    fn what_is_put_into_a_uri_is_escaped() {
        let uri = SipUri::new(Host::Name("h".to_owned()), None)
            .with_user("a@b:c;é")
            .with_param("p", Some("q;r?s"));
        assert_eq!(uri.printed(), "sip:a%40b%3Ac;%C3%A9@h;p=q%3Br%3Fs");
        assert_eq!(
            (uri.user().as_deref(), uri.param("P").as_deref()),
            (Some("a@b:c;é"), Some("q;r?s"))
        );
    }
}
