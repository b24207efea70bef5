//! What a flow tells somebody by mail arrives at a real mail server: in the clear on this machine, and by TLS with a
//! password; what the server refuses is given up, what it cannot take now is handed in again.
#![expect(clippy::unwrap_used, reason = "helpers of a test")]

mod peers;

use std::fs;
use std::path::Path;
use std::process::Command;

use peers::hotline::{self, Hotline, local, serve};
use peers::ports;
use peers::process::Process;
use peers::sipp::Caller;

const FLOW: &str = r#"
flow: told
languages: [zh-CN, en-US]
start: main
steps:
  main:
    - ask: enter-order-number
      into: order_number
      as: digits
      length: 8
      otherwise: leave
    - notify: duty
      with: { order_number: order_number, remark: '"催单"' }
    - goto: leave
  leave:
    - hangup: goodbye
"#;

/// Starts the mail server.
fn mailbox(port: u16, args: &[&str]) -> Process {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/mailbox.py");
    // Debian's own Python has Debian's packages, whatever else is on the path.
    let mut command = Command::new("/usr/bin/python3");
    let server = Process::start("mailbox", command.arg(script).arg(port.to_string()).args(args));
    server.wait_line("ready");
    server
}

/// A server whose `duty` reads mail at `port`, and trusts `authority` alone.
fn start(port: u16, more: &str, authority: Option<&Path>) -> Hotline {
    let duty = format!(
        "\nnotify:\n  duty: {{ mail: duty@example.com, from: hotline@example.com, smtp: 'localhost:{port}', {more} }}\n"
    );
    let folder = hotline::folder(|config| {
        config
            .replace("\nnotify:\n", &duty)
            .replace("\nnumbers:\n", "\nnumbers:\n  4090: told.yaml\n")
    });
    fs::write(folder.path().join("told.yaml"), FLOW).unwrap();
    let (sip, http) = (local(ports::free()), local(ports::free()));
    let mut command = serve(folder.path(), sip, http);
    if let Some(authority) = authority {
        command.env("SSL_CERT_FILE", authority);
    }
    let process = Process::start("hotline", command.args(["--log", "debug"]));
    process.wait_line("ready");
    Hotline { process, sip, http, folder }
}

/// A caller keys an order's number, which is told.
fn call(hotline: &Hotline) {
    let upto = hotline.process.upto();
    let call = Caller::to("4090").call(hotline.sip);
    hotline.wait_journey_after(upto, r#""prompt":"enter-order-number""#);
    call.talker.press("20260001");
    hotline.wait_journey_after(upto, r#""prompt":"goodbye""#);
    call.hang_up();
}

/// A key and a certificate for `localhost`.
fn certificate(folder: &Path) -> [String; 2] {
    let [cert, key] = ["cert.pem", "key.pem"].map(|it| folder.join(it).display().to_string());
    let args = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
                -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE";
    let made = Command::new("openssl")
        .args(args.split_whitespace())
        .args(["-out", &cert, "-keyout", &key])
        .output();
    assert!(made.unwrap().status.success());
    [cert, key]
}

#[test]
fn what_a_flow_tells_arrives_as_a_mail() {
    let port = ports::free();
    let mailbox = mailbox(port, &[]);
    let hotline = start(port, "tls: none, subject: 值班", None);
    call(&hotline);
    mailbox.wait_line("end of mail");
    for line in [
        "mail from hotline@example.com to duty@example.com over clear as None",
        "subject 值班",
        "| order_number: 20260001",
        "| remark: 催单",
        "| flow: told",
        "| caller.number: ",
        "| called: 4090",
    ] {
        mailbox.wait_line(line);
    }
    hotline.stop_and_replay();
}

#[test]
fn the_password_goes_over_tls_to_a_server_whose_certificate_is_good_and_to_no_other() {
    let [files, others] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [cert, key] = certificate(files.path());
    let [strange, _] = certificate(others.path());
    for (tls, way) in [("starttls", None), ("implicit", Some("--implicit"))] {
        let port = ports::free();
        let mut args = vec!["--tls", &cert, &key, "--login", "hotline", "a fine password"];
        args.extend(way);
        let mailbox = mailbox(port, &args);
        let settings = format!("tls: {tls}, user: hotline, password: a fine password");
        let hotline = start(port, &settings, Some(Path::new(&cert)));
        call(&hotline);
        mailbox.wait_line("to duty@example.com over TLS as hotline");
        mailbox.wait_line("end of mail");
        hotline.stop();

        let hotline = start(port, &settings, Some(Path::new(&strange)));
        call(&hotline);
        hotline.process.wait_line("there was no TLS that could be trusted");
        assert!(!hotline.process.said().contains("a fine password"));
        hotline.stop();
        assert_eq!(mailbox.lines_with("end of mail").len(), 1, "{}", mailbox.said());
    }
    // Nor in the clear, to a server that asks for it there.
    let port = ports::free();
    let mailbox = mailbox(port, &["--login", "hotline", "a fine password"]);
    let settings = "tls: starttls, user: hotline, password: a fine password";
    let hotline = start(port, settings, Some(Path::new(&cert)));
    call(&hotline);
    hotline.process.wait_line("the mail server has no STARTTLS, or no login");
    hotline.stop();
    assert!(!mailbox.said().contains("end of mail"), "{}", mailbox.said());
}

#[test]
fn what_the_mail_server_refuses_is_given_up_and_what_it_cannot_take_now_comes_again() {
    let port = ports::free();
    let hotline = start(port, "tls: none", None);
    call(&hotline); // nobody is there
    let upto = hotline.process.wait_line("there was no connection").upto;
    let busy = mailbox(port, &["--refuse", "450"]);
    let upto = hotline.process.wait_after(upto, "asks to come again (SMTP 450)").upto;
    drop(busy);
    let open = mailbox(port, &[]);
    open.wait_line("| order_number: 20260001");
    drop(open);
    let strict = mailbox(port, &["--refuse", "550"]);
    call(&hotline);
    strict.wait_line("refused duty@example.com");
    let said = hotline.process.wait_after(upto, "given up").line;
    assert!(said.contains("does not take it (SMTP 550)"), "{said}");
    drop(strict);
    hotline.stop();
}
