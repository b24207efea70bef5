//! Messages that must be understood: RFC 4475 3.1.1, and those of 3.2 to 3.4 whose trouble begins above the parser.

use super::*;
use crate::sip::message::Transport as T;

/// What every reader must get right: From tag, topmost branch, CSeq, length of the body.
type Common<'a> = (Option<&'a str>, Option<&'a str>, u32, &'a str, usize);

#[track_caller]
fn understood(lines: &[&str], body: &str, common: Common<'_>) -> Message {
    let message = Message::from_datagram(message(lines, body)).unwrap();
    let headers = message.headers();
    assert_eq!(headers.verify(), Ok(()));
    let (from, via, cseq) =
        (headers.from().unwrap(), headers.top_via().unwrap(), headers.cseq().unwrap());
    let read = (from.tag(), via.branch(), cseq.number, cseq.method.as_str(), message.body().len());
    assert_eq!(read, common);
    assert_eq!(
        Message::from_datagram(message.printed()).unwrap(),
        message,
        "printed and parsed again"
    );
    message
}

#[track_caller]
fn request(lines: &[&str], body: &str, common: Common<'_>) -> Request {
    match understood(lines, body, common) {
        Message::Request(request) => request,
        Message::Response(_) => panic!("a response"),
    }
}

#[track_caller]
fn response(lines: &[&str], body: &str, common: Common<'_>) -> Response {
    match understood(lines, body, common) {
        Message::Request(_) => panic!("a request"),
        Message::Response(response) => response,
    }
}

fn texts(names: &[NameAddr]) -> Vec<String> {
    names.iter().map(|name| String::from_utf8(name.printed().to_vec()).unwrap()).collect()
}

/// 3.1.1.1: line folding everywhere, odd case, white space around everything, quoted quotes, empty values.
#[test]
fn wsinv() {
    #[rustfmt::skip]
    let lines = [
        "INVITE sip:meimei@stuhl-amt.example.com;unbekannt SIP/2.0",
        "TO :", " sip:meimei@stuhl-amt.example.com ;   tag    = 77123n",
        "from   : \"Q Rosen \\\\\\\"\"       <sip:qrosen@example.com>", "  ;", "  tag = 41xyz7",
        "MaX-fOrWaRdS: 0068", "Call-ID: falten.kjh@192.0.2.70", "Content-Length   : {length}",
        "cseq: 0017", "  INVITE",
        "Via  : SIP  /   2.0", " /UDP", "    192.0.2.71;branch=480skd",
        "s :", "NeuesFeld:   neuer wert", " neuer wert, zweiter teil", "FeldMitSeltsamemWert: ;;,,;;,;",
        "Content-Type: application/sdp", "Route:", " <sip:dienste.example.com;lr;unbekannt=wert;nichts>",
        "v:  SIP  / 2.0  / TCP     spindel.example.com   ;", "  branch  =   z9hG4bK8ikj  ,",
        " SIP  /    2.0   / UDP  192.168.254.110   ; branch=", " z9hG4bK20240",
        "m:\"Mit \\\"\\\" Zeichen\" <sip:qrosen@example.com> ; neu =", "      wert ;", "  zweitens ; q = 0.25",
    ];
    let request = request(&lines, SDP, (Some("41xyz7"), Some("480skd"), 17, "INVITE", SDP.len()));
    let headers = &request.headers;
    assert_eq!(headers.from().unwrap().display.as_deref(), Some("Q Rosen \\\""));
    assert_eq!(headers.to().unwrap().tag(), Some("77123n"));
    assert_eq!(
        (headers.max_forwards(), headers.text("Subject").as_deref()),
        (Ok(Some(68)), Some(""))
    );
    assert_eq!(headers.text("neuesfeld").as_deref(), Some("neuer wert neuer wert, zweiter teil"));
    assert_eq!(headers.text("FeldMitSeltsamemWert").as_deref(), Some(";;,,;;,;"));
    let vias = headers.vias().unwrap();
    assert_eq!(
        vias.iter().map(|via| (&via.transport, via.branch())).collect::<Vec<_>>(),
        [
            (&T::Udp, Some("480skd")),
            (&T::Tcp, Some("z9hG4bK8ikj")),
            (&T::Udp, Some("z9hG4bK20240"))
        ]
    );
    assert!(headers.routes().unwrap()[0].uri.sip().unwrap().is_loose());
    let contacts = headers.contacts().unwrap();
    let contact = &contacts.list()[0];
    assert_eq!(
        (contact.display.as_deref(), contact.q_thousandths()),
        (Some("Mit \"\" Zeichen"), Some(250))
    );
    assert_eq!(
        (contact.params.get("neu"), contact.params.get("zweitens")),
        (Some("wert"), Some(""))
    );
}

/// 3.1.1.2: every character that a method, a user, a password, a token, a Call-ID may have.
#[test]
fn intmeth() {
    let method = "!odd-Verb9876543210_*+`.%surely'~";
    #[rustfmt::skip]
    let lines = [
        &format!("{method} sip:2_odd.URI~(may-be!so)&isn't+it$/mad?,/;;*:&pass+has=2,odd!*da$hes~t_o.(isn't-it)@example.com SIP/2.0"),
        "Via: SIP/2.0/TCP kiste.example.com;branch=z9hG4bK-.!%77*_+`'~",
        "To: \"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f\" <sip:2_odd.URI~(may-be!so)&isn't+it$/mad?,/;;*@example.com>",
        "From: wort1~` wort2'+_ wort3*%!.- <sip:plain@example.com>;param''~+*_!.-%=\"встречный\";tag=_wort~2'+`*%!-.",
        "Call-ID: odd.word%ZL-!.*_+'@word`~)(><:\\/\"][?}{",
        &format!("CSeq: 240011 {method}"), "Max-Forwards: 255",
        "feld-!.%*+_`'~:\u{feff}呼叫中心", "Content-Length: 0",
    ];
    let request = request(
        &lines,
        "",
        (Some("_wort~2'+`*%!-."), Some("z9hG4bK-.!%77*_+`'~"), 240_011, method, 0),
    );
    assert_eq!(request.method.as_str(), method);
    let uri = request.uri.sip().unwrap();
    assert_eq!(uri.user().as_deref(), Some("2_odd.URI~(may-be!so)&isn't+it$/mad?,/;;*"));
    assert_eq!(uri.password().unwrap().expose(), "&pass+has=2,odd!*da$hes~t_o.(isn't-it)");
    assert_eq!(
        request.headers.to().unwrap().display.as_deref(),
        Some("BEL:\x07 NUL:\x00 DEL:\x7f")
    );
    let from = request.headers.from().unwrap();
    assert_eq!(from.display.as_deref(), Some("wort1~` wort2'+_ wort3*%!.-"));
    assert_eq!(from.params.get("param''~+*_!.-%"), Some("встречный"));
    assert_eq!(request.headers.call_id(), Ok("odd.word%ZL-!.*_+'@word`~)(><:\\/\"][?}{"));
    assert_eq!(request.headers.text("FELD-!.%*+_`'~").as_deref(), Some("\u{feff}呼叫中心"));
}

/// 3.1.1.3: escapes in users and parameters are resolved once, and once only.
#[test]
fn esc01() {
    #[rustfmt::skip]
    let lines = [
        "INVITE sip:sips%3Anutzer%40example.com@example.net SIP/2.0", "To: sip:%6Eutze%72@example.com",
        "From: <sip:Mit%20Leer%20zeichen@example.net>;tag=512", "Max-Forwards: 87", "i: escape.1",
        "CSeq: 345345 INVITE", "Via: SIP/2.0/UDP kiste5.example.net;branch=z9hG4bKesc", "C: application/sdp",
        "Contact:", "  <sip:ru%66er@kiste5.example.net;%6C%72;n%61me=w%65rt%25%34%31>", "Content-Length: {length}",
    ];
    let request =
        request(&lines, SDP, (Some("512"), Some("z9hG4bKesc"), 345_345, "INVITE", SDP.len()));
    assert_eq!(request.uri.user().as_deref(), Some("sips:nutzer@example.com"));
    assert_eq!(request.headers.to().unwrap().uri.user().as_deref(), Some("nutzer"));
    assert_eq!(request.headers.from().unwrap().uri.user().as_deref(), Some("Mit Leer zeichen"));
    let contacts = request.headers.contacts().unwrap();
    let contact = contacts.list()[0].uri.sip().unwrap();
    assert_eq!((contact.user().as_deref(), contact.is_loose()), (Some("rufer"), true));
    assert_eq!(contact.param("name").as_deref(), Some("wert%41"));
}

/// 3.1.1.4: an escaped NUL ends nothing, and two of them are not one.
#[test]
fn escnull() {
    #[rustfmt::skip]
    let lines = [
        "REGISTER sip:example.com SIP/2.0", "To: sip:leer-%00-leer@example.com",
        "From: sip:leer-%00-leer@example.com;tag=7399", "Max-Forwards: 70", "Call-ID: null.1", "CSeq: 1439 REGISTER",
        "Via: SIP/2.0/UDP kiste5.example.com;branch=z9hG4bKnul", "Contact: <sip:%00@kiste5.example.com>",
        "Contact: <sip:%00%00@kiste5.example.com>", "L:0",
    ];
    let request = request(&lines, "", (Some("7399"), Some("z9hG4bKnul"), 1_439, "REGISTER", 0));
    assert_eq!(request.headers.to().unwrap().uri.user().as_deref(), Some("leer-\0-leer"));
    let contacts = request.headers.contacts().unwrap();
    let users: Vec<_> = contacts.list().iter().map(|contact| contact.uri.user().unwrap()).collect();
    assert_eq!(users, ["\0", "\0\0"]);
    assert!(!contacts.list()[0].uri.matches(&contacts.list()[1].uri));
}

/// 3.1.1.5: what looks like an escape outside of a URI is none, neither in a method nor in a header's name.
#[test]
fn esc02() {
    #[rustfmt::skip]
    let lines = [
        "IN%56IT%45 sip:amt.example.com SIP/2.0", "To: \"%Z%54\" <sip:quelle@example.com>",
        "From: \"%Z%54\" <sip:quelle@example.com>;tag=f343lad", "Call-ID: escape.2",
        "Via: SIP/2.0/TCP kiste.example.com;branch=z9hG4bK312%fzsn", "CSeq: 30455 IN%56IT%45", "Max-Forwards: 70",
        "Contact: <sip:name1@kiste1.example.com>", "C%6Fntact: <sip:name2@kiste2.example.com>",
        "Contact: <sip:name3@kiste3.example.com>", "l: 0",
    ];
    let request =
        request(&lines, "", (Some("f343lad"), Some("z9hG4bK312%fzsn"), 30_455, "IN%56IT%45", 0));
    assert_eq!(request.method, Method::Other("IN%56IT%45".into()), "deserves 501");
    assert_eq!(request.headers.to().unwrap().display.as_deref(), Some("%Z%54"));
    let contacts = request.headers.contacts().unwrap();
    assert_eq!(
        texts(contacts.list()),
        ["<sip:name1@kiste1.example.com>", "<sip:name3@kiste3.example.com>"]
    );
}

/// 3.1.1.6: no white space between a name and its angle bracket.
#[test]
fn lwsdisp() {
    #[rustfmt::skip]
    let lines = [
        "OPTIONS sip:nutzer@example.com SIP/2.0", "To: sip:nutzer@example.com",
        "From: rufer<sip:rufer@example.com>;tag=424", "Max-Forwards: 70", "Call-ID: dicht.2345@fett.example.com",
        "CSeq: 61 OPTIONS", "Via: SIP/2.0/UDP fett.example.com;branch=z9hG4bKdicht", "l: 0",
    ];
    let request = request(&lines, "", (Some("424"), Some("z9hG4bKdicht"), 61, "OPTIONS", 0));
    assert_eq!(request.headers.from().unwrap().display.as_deref(), Some("rufer"));
}

/// 3.1.1.7: everything is long, and there are many hops.
#[test]
fn longreq() {
    let long = |word: &str| word.repeat(40);
    let mut lines = vec![
        "INVITE sip:nutzer@example.com SIP/2.0".to_owned(),
        format!(
            "To: \"Mein Name ist {}\"<sip:nutzer@example.com:6001;p1={};p2=kurz>",
            long("lang"),
            long("sehr")
        ),
        format!(
            "F: sip:{}@example.net;tag={};q{}=\"{}\"",
            long("name"),
            long("98"),
            long("p"),
            long("wert")
        ),
        format!("Call-ID: {}", long("immer")),
        "CSeq: 4882341 INVITE".to_owned(),
        format!("Unbekannt-{}: {}; {}", long("Lang"), long("wert"), long("noch")),
    ];
    for (number, name) in (1..34)
        .rev()
        .zip(["Via", "v", "V", "ViA", "VIA", "via", "v ", "V  ", "Via "].iter().cycle())
    {
        lines.push(format!("{name}: SIP/2.0/TCP sip{number}.example.com"));
    }
    lines.push(format!(
        "Via: SIP/2.0/TCP kiste.example.com;received=192.0.2.5;branch={}",
        long("zweig")
    ));
    lines.push(format!("Contact: <sip:{}@kiste5.example.net>", long("rufer")));
    lines.extend(
        ["Max-Forwards: 70", "Content-Type: application/sdp", "l: {length}"].map(str::to_owned),
    );
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let request = request(&lines, SDP, (Some(&long("98")), None, 4_882_341, "INVITE", SDP.len()));
    let vias = request.headers.vias().unwrap();
    assert_eq!((vias.len(), vias[33].branch()), (34, Some(long("zweig").as_str())));
    assert_eq!(
        request.headers.to().unwrap().uri.sip().unwrap().param("P2").as_deref(),
        Some("kurz")
    );
    assert_eq!(request.headers.call_id(), Ok(long("immer").as_str()));
}

/// 3.1.1.8: what stands behind the body that was promised is not a second request.
#[test]
fn dblreq() {
    #[rustfmt::skip]
    let lines = [
        "REGISTER sip:example.com SIP/2.0", "To: sip:k.nutzer@example.com", "From: sip:k.nutzer@example.com;tag=5436",
        "Max-Forwards: 8", "I: doppelt.1", "Contact: sip:k.nutzer@kiste.example.com", "CSeq: 9 REGISTER",
        "Via: SIP/2.0/UDP 192.0.2.126;branch=z9hG4bKdoppelt", "Content-Length: 0",
    ];
    let second = "\r\nINVITE sip:hans@example.com SIP/2.0\r\nt: sip:hans@example.com\r\n\r\n";
    let request = request(&lines, second, (Some("5436"), Some("z9hG4bKdoppelt"), 9, "REGISTER", 0));
    assert_eq!(request.method, Method::Register);
}

/// 3.1.1.9: a semicolon in the user does not begin the URI's parameters.
#[test]
fn semiuri() {
    #[rustfmt::skip]
    let lines = [
        "OPTIONS sip:nutzer;par=w%40example.net@example.com SIP/2.0", "To: sip:k_nutzer@example.com",
        "From: sip:rufer@example.org;tag=44353", "Max-Forwards: 3", "Call-ID: strichpunkt.1", "CSeq: 9 OPTIONS",
        "Accept: application/sdp, application/pkcs7-mime,", "        multipart/mixed,", "        message/sip",
        "Via: SIP/2.0/UDP 192.0.2.11;branch=z9hG4bKstrich", "l: 0",
    ];
    let request = request(&lines, "", (Some("44353"), Some("z9hG4bKstrich"), 9, "OPTIONS", 0));
    assert_eq!(request.uri.user().as_deref(), Some("nutzer;par=w@example.net"));
    assert_eq!(request.uri.sip().unwrap().param("par"), None);
    let accept = "application/sdp, application/pkcs7-mime, multipart/mixed, message/sip";
    assert_eq!(request.headers.text(Name::Accept).as_deref(), Some(accept));
}

/// 3.1.1.10: transports that are known, and one that nobody knows.
#[test]
fn transports() {
    #[rustfmt::skip]
    let lines = [
        "OPTIONS sip:nutzer@example.com SIP/2.0", "To: sip:nutzer@example.com", "From: <sip:rufer@example.com>;tag=424",
        "Max-Forwards: 70", "Call-ID:  wege.1", "Accept: application/sdp", "CSeq: 61 OPTIONS",
        "Via: SIP/2.0/UDP w1.example.com;branch=z9hG4bKw1", "Via: SIP/2.0/SCTP w2.example.com;branch=z9hG4bKw2",
        "Via: SIP/2.0/TLS w3.example.com;branch=z9hG4bKw3", "Via: SIP/2.0/NIEMAND w4.example.com;branch=z9hG4bKw4",
        "Via: SIP/2.0/TCP w5.example.com;branch=z9hG4bKw5", "l: 0",
    ];
    let request = request(&lines, "", (Some("424"), Some("z9hG4bKw1"), 61, "OPTIONS", 0));
    let transports: Vec<_> =
        request.headers.vias().unwrap().into_iter().map(|via| via.transport).collect();
    assert_eq!(transports, [T::Udp, T::Sctp, T::Tls, T::Other("NIEMAND".into()), T::Tcp]);
}

/// 3.1.1.11: a body of several parts, one of them with bytes that are no text.
#[test]
fn mpart01() {
    #[rustfmt::skip]
    let lines = [
        "MESSAGE sip:meihua@example.org SIP/2.0",
        "Via: SIP/2.0/UDP 127.0.0.1:5072;branch=z9hG4bK-e9-1--e9-;rport", "Max-Forwards: 70",
        "Route: <sip:127.0.0.1:5082>", "Identity: s6nxsfMuvEDRZCj=", "Contact: <sip:flaum@127.0.0.1:5072>",
        "To: <sip:meihua@example.org>", "From: <sip:flaum@example.com>;tag=3fc0edd0",
        "Call-ID: 4e9586be0d50850c@flaum..", "CSeq: 1 MESSAGE", "Content-Transfer-Encoding: binary",
        "Content-Type: multipart/mixed;boundary=8b0dcfd03dff", "Date: Sat, 15 Oct 2005 04:44:56 GMT",
        "User-Agent: Flaum/0.2.5 (fluch)", "Content-Length: {length}",
    ];
    let body = "--8b0dcfd03dff\r\n\r\nHallo\r\n--8b0dcfd03dff\r\n\r\n\u{80}\0\u{1}\u{7f}\r\n\r\n--8b0dcfd03dff--\r\n";
    let common = (Some("3fc0edd0"), Some("z9hG4bK-e9-1--e9-"), 1, "MESSAGE", body.len());
    let request = request(&lines, body, common);
    assert_eq!(request.body, body);
    let kind = request.headers.content_type().unwrap().unwrap();
    assert!(kind.is("multipart", "mixed"));
    assert_eq!(kind.params.get("boundary"), Some("8b0dcfd03dff"));
    assert_eq!(request.headers.top_via().unwrap().rport(), Some(None));
    assert_eq!(
        request.headers.date().unwrap(),
        Some(jiff::civil::date(2005, 10, 15).at(4, 44, 56, 0))
    );
}

/// 3.1.1.12: a reason phrase in letters of another script, with marks that mean something elsewhere.
#[test]
fn unreason() {
    let reason = "= 2**3 * 5**2 вызов принят - сто девяносто девять плюс один";
    #[rustfmt::skip]
    let lines = [
        &format!("SIP/2.0 200 {reason}"), "Via: SIP/2.0/UDP 192.0.2.199;branch=z9hG4bKgrund", "Call-ID: grund.1",
        "CSeq: 36 INVITE", "From: sip:nutzer@example.com;tag=2225", "To: sip:nutzer@example.edu;tag=3330",
        "Content-Length: {length}", "Content-Type: application/sdp", "Contact: <sip:nutzer@kiste199.example.com>",
    ];
    let response =
        response(&lines, SDP, (Some("2225"), Some("z9hG4bKgrund"), 36, "INVITE", SDP.len()));
    assert_eq!((response.status, response.reason.as_str()), (Status::OK, reason));
}

/// 3.1.1.13: no reason phrase at all, only the space before it.
#[test]
fn noreason() {
    #[rustfmt::skip]
    let lines = [
        "SIP/2.0 100 ", "Via: SIP/2.0/UDP 192.0.2.106;branch=z9hG4bKkein", "Call-ID: grundlos.1", "CSeq: 36 INVITE",
        "From: <sip:nutzer@example.com>;tag=49bn", "To: <sip:nutzer@example.edu>;tag=013k", "Content-Length: 0",
        "Contact: <sip:nutzer@kiste106.example.com>",
    ];
    let response = response(&lines, "", (Some("49bn"), Some("z9hG4bKkein"), 36, "INVITE", 0));
    assert_eq!((response.status, response.reason.as_str()), (Status::TRYING, ""));
}

/// 3.2.1: a branch that is the magic cookie and nothing else names no transaction by itself.
#[test]
fn badbranch() {
    #[rustfmt::skip]
    let lines = [
        "OPTIONS sip:nutzer@example.com SIP/2.0", "To: sip:nutzer@example.com", "From: sip:rufer@example.org;tag=44353",
        "Max-Forwards: 3", "Via: SIP/2.0/UDP 192.0.2.11;branch=z9hG4bK", "Accept: application/sdp",
        "Call-ID: zweiglos.1", "CSeq: 9 OPTIONS", "l: 0",
    ];
    request(&lines, "", (Some("44353"), Some("z9hG4bK"), 9, "OPTIONS", 0));
}

/// 3.3.2, 3.3.3: Request-URIs of schemes that SIP does not know arrive whole; they deserve 416.
#[test]
fn unkscm_and_novelsc() {
    for uri in ["niemandKenntDas:voelligundurchsichtig", "soap.beep://192.0.2.104:3003"] {
        #[rustfmt::skip]
        let lines = [
            &format!("OPTIONS {uri} SIP/2.0"), "To: sip:nutzer@example.com", "From: sip:rufer@example.net;tag=495",
            "Max-Forwards: 3", "Call-ID: schema.1", "CSeq: 4034 OPTIONS",
            "Via: SIP/2.0/TCP kiste9.example.com;branch=z9hG4bKschema", "Content-Length: 0",
        ];
        let request =
            request(&lines, "", (Some("495"), Some("z9hG4bKschema"), 4_034, "OPTIONS", 0));
        assert_eq!(request.uri, Uri::Other(uri.into()));
        assert!(uri.to_ascii_lowercase().starts_with(&*request.uri.scheme()));
    }
}

/// 3.3.4: schemes that SIP does not know in To, From and Contact.
#[test]
fn unksm2() {
    #[rustfmt::skip]
    let lines = [
        "REGISTER sip:example.com SIP/2.0", "To: isbn:3094883", "From: <http://www.example.com>;tag=4345",
        "Call-ID: schema.2@binde-strich.example.com", "CSeq: 345 REGISTER", "Max-Forwards: 70",
        "Via: SIP/2.0/UDP 192.0.2.22:5060;branch=z9hG4bKschema2", "Contact: <name:Hans_Schmidt>", "l: 0",
    ];
    let request = request(&lines, "", (Some("4345"), Some("z9hG4bKschema2"), 345, "REGISTER", 0));
    assert_eq!(request.headers.to().unwrap().uri.scheme(), "isbn");
    assert_eq!(request.headers.from().unwrap().uri, Uri::Other("http://www.example.com".into()));
    assert_eq!(texts(request.headers.contacts().unwrap().list()), ["<name:Hans_Schmidt>"]);
}

/// 3.3.5: extensions that nobody knows are all told apart; they deserve 420.
#[test]
fn bext01() {
    #[rustfmt::skip]
    let lines = [
        "OPTIONS sip:nutzer@example.com SIP/2.0", "To: sip:k_nutzer@example.com", "From: sip:rufer@example.net;tag=353",
        "Max-Forwards: 6", "Call-ID: mehr.1", "Require: kenntNiemand, kenntAuchNiemand",
        "Proxy-Require: keinProxyKenntDas, dasAuchNicht", "CSeq: 9 OPTIONS",
        "Via: SIP/2.0/TLS falten-und-heften.example.com;branch=z9hG4bKmehr", "Content-Length: 0",
    ];
    let request = request(&lines, "", (Some("353"), Some("z9hG4bKmehr"), 9, "OPTIONS", 0));
    assert_eq!(request.headers.require().unwrap(), ["kenntNiemand", "kenntAuchNiemand"]);
}

/// 3.3.6: a body of a kind that nobody knows; it deserves 415.
#[test]
fn invut() {
    #[rustfmt::skip]
    let lines = [
        "INVITE sip:nutzer@example.com SIP/2.0", "Contact: <sip:rufer@kiste5.example.net>", "To: sip:k@example.com",
        "From: sip:rufer@example.net;tag=9403", "Max-Forwards: 70", "Call-ID: art.1", "CSeq: 346 INVITE",
        "Via: SIP/2.0/UDP irgendwo.example.com;branch=z9hG4bKart", "Content-Type: application/unbekannt",
        "Content-Length: {length}",
    ];
    let body = "<ton>\r\n <pcmu port=\"554\"/>\r\n</ton>\r\n";
    let request =
        request(&lines, body, (Some("9403"), Some("z9hG4bKart"), 346, "INVITE", body.len()));
    assert!(request.headers.content_type().unwrap().unwrap().is("application", "unbekannt"));
}

/// 3.3.7: credentials of a scheme that nobody knows are read, so that the right 401 can follow.
#[test]
fn regaut01() {
    #[rustfmt::skip]
    let lines = [
        "REGISTER sip:example.com SIP/2.0", "To: sip:k@example.com", "From: sip:k@example.com;tag=98432hk",
        "Max-Forwards: 8", "Call-ID: ausweis.1", "CSeq: 449 REGISTER",
        "Via: SIP/2.0/TCP 192.0.2.254;branch=z9hG4bKausweis", "Authorization: KenntNiemand undurchsichtig=hier",
        "Content-Length:0",
    ];
    let request =
        request(&lines, "", (Some("98432hk"), Some("z9hG4bKausweis"), 449, "REGISTER", 0));
    let credentials = &request.headers.authorization().unwrap()[0];
    assert_eq!((credentials.is_digest(), credentials.get("undurchsichtig")), (false, Some("hier")));
}

/// 3.3.10: a response whose second hop is the broadcast address: who forwards by Via must look at it.
#[test]
fn bcast() {
    #[rustfmt::skip]
    let lines = [
        "SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.199;branch=z9hG4bKrund",
        "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKfunk", "Call-ID: rundfunk.1", "CSeq: 36 INVITE",
        "From: sip:nutzer@example.com;tag=2225", "To: sip:nutzer@example.edu;tag=3330", "Content-Length: {length}",
        "Content-Type: application/sdp", "Contact: <sip:nutzer@kiste29.example.com>",
    ];
    let response =
        response(&lines, SDP, (Some("2225"), Some("z9hG4bKrund"), 36, "INVITE", SDP.len()));
    let vias = response.headers.vias().unwrap();
    assert_eq!(vias[1].host, Host::V4(std::net::Ipv4Addr::BROADCAST));
}

/// 3.3.11: no hop is left: a proxy answers 483, the one who is meant answers the request.
#[test]
fn zeromf() {
    #[rustfmt::skip]
    let lines = [
        "OPTIONS sip:nutzer@example.com SIP/2.0", "To: sip:nutzer@example.com", "From: sip:rufer@example.net;tag=4hte52",
        "Call-ID: am-ende.1", "CSeq: 5043 OPTIONS", "Via: SIP/2.0/UDP kiste1.example.com;branch=z9hG4bKende",
        "Max-Forwards: 0", "Content-Length: 0",
    ];
    let request = request(&lines, "", (Some("4hte52"), Some("z9hG4bKende"), 5_043, "OPTIONS", 0));
    assert_eq!(request.headers.max_forwards(), Ok(Some(0)));
}

/// 3.3.12, 3.3.13: without angle brackets a parameter is the header's, within them the URI's.
#[test]
fn cparam01_and_cparam02() {
    for (contact, of_header, of_uri) in [
        ("sip:+8613800000001@tor1.example.net;unbekannt", Some(""), None),
        ("<sip:+8613800000001@tor1.example.net;unbekannt>", None, Some("")),
    ] {
        #[rustfmt::skip]
        let lines = [
            "REGISTER sip:example.com SIP/2.0", "Via: SIP/2.0/UDP saturn.example.com:5060;branch=z9hG4bKparam",
            "Max-Forwards: 70", "From: sip:wen@example.com;tag=ElgWhk", "To: sip:wen@example.com",
            "Call-ID: parameter.1@saturn.example.com", "CSeq: 2 REGISTER", &format!("Contact: {contact}"), "l: 0",
        ];
        let request = request(&lines, "", (Some("ElgWhk"), Some("z9hG4bKparam"), 2, "REGISTER", 0));
        let contacts = request.headers.contacts().unwrap();
        let contact = &contacts.list()[0];
        assert_eq!(contact.params.get("unbekannt"), of_header);
        assert_eq!(contact.uri.sip().unwrap().param("unbekannt").as_deref(), of_uri);
        assert_eq!(contact.uri.user().as_deref(), Some("+8613800000001"));
    }
}

/// 3.3.14: headers in the URI of a Contact, with escapes that must be given back as they came.
#[test]
fn regescrt() {
    #[rustfmt::skip]
    let lines = [
        "REGISTER sip:example.com SIP/2.0", "To: sip:nutzer@example.com", "From: sip:nutzer@example.com;tag=9",
        "Max-Forwards: 70", "Call-ID: weg.1@192.0.2.11", "CSeq: 1440 REGISTER",
        "Via: SIP/2.0/UDP kiste5.example.com;branch=z9hG4bKweg",
        "M: <sip:nutzer@example.com?Route=%3Csip:sip.example.com%3E>", "L:0",
    ];
    let request = request(&lines, "", (Some("9"), Some("z9hG4bKweg"), 1_440, "REGISTER", 0));
    let contacts = request.headers.contacts().unwrap();
    assert_eq!(
        texts(contacts.list()),
        ["<sip:nutzer@example.com?Route=%3Csip:sip.example.com%3E>"]
    );
    let headers: Vec<_> = contacts.list()[0].uri.sip().unwrap().headers().collect();
    assert_eq!(headers, [("Route".into(), "<sip:sip.example.com>".into())]);
}

/// 3.3.15: the answer may be of a kind only that nobody can make; it deserves 406.
#[test]
fn sdp01() {
    #[rustfmt::skip]
    let lines = [
        "INVITE sip:nutzer@example.com SIP/2.0", "To: sip:k_nutzer@example.com",
        "Contact: <sip:rufer@kiste15.example.net>", "From: sip:rufer@example.net;tag=345", "Max-Forwards: 5",
        "Call-ID: annahme.1", "Accept: text/kenntNiemand", "CSeq: 9 INVITE",
        "Via: SIP/2.0/UDP 192.0.2.16;branch=z9hG4bKannahme", "Content-Length: {length}", "Content-Type: application/sdp",
    ];
    let request =
        request(&lines, SDP, (Some("345"), Some("z9hG4bKannahme"), 9, "INVITE", SDP.len()));
    assert_eq!(request.headers.text(Name::Accept).as_deref(), Some("text/kenntNiemand"));
}

/// 3.4.1: a caller of RFC 2543: no tag, no branch, no Max-Forwards, no Contact, no Content-Length.
#[test]
fn inv2543() {
    #[rustfmt::skip]
    let lines = [
        "INVITE sip:NutzerB@example.com SIP/2.0", "Via: SIP/2.0/UDP altesAmt.example.com",
        "From: <sip:+8613800000001@alt.example.net;user=phone>",
        "Record-Route: <sip:NutzerB@example.com;maddr=ss1.example.com>",
        "To: sip:+8675588880000@ss1.example.net;user=phone", "Call-ID: alt.2828@alt.example.com", "CSeq: 57 INVITE",
        "Content-Type: application/sdp",
    ];
    let request = request(&lines, SDP, (None, None, 57, "INVITE", SDP.len()));
    let hops = request.headers.record_routes().unwrap();
    assert_eq!(hops[0].uri.sip().unwrap().maddr(), Host::parse("ss1.example.com"));
    assert_eq!(request.headers.contacts(), Ok(Contacts::List(vec![])));
}
