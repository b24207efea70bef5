//! The tutorial for designers is what happens: its files are written, its commands run, and what they print is compared.
//!
//! The pages of `docs/design-flows/tutorial/` build one hotline in one folder, one page after the other:
//!
//! | block | does |
//! | --- | --- |
//! | `` ```yaml file=flows/clinic.yaml `` | writes this file |
//! | `` ```diff file=flows/clinic.yaml `` | takes the lines with `-` out and puts those with `+` in their place |
//! | `` ```yaml append=prompts/en-US/catalog.yaml `` | adds to its end |
//! | `` ```yaml part=flows/clinic.yaml `` | stands in this file as it is shown |
//! | `` ```console `` | runs each `$ ` line; what follows is all that it prints. `? 1` behind it is its exit code |
//! | `` ```console serve `` | `hotline serve`, which goes on until the page ends; what follows it must say by and by |
//! | `` ```console says `` | what that server says next |
//! | `<!-- recordings -->` | whatever `hotline prompts export` lists is recorded, as tones of the right length |
//!
//! `[..]` stands for some of a line, such as a time, and `...` for some lines. `HOTLINE_WRITE=1 cargo test --test tutorial` writes down what is
//! printed wherever it is not what the page shows.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a page that cannot be followed must fail"
)]

mod peers;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hotline::diagnostic::FileId;
use hotline::speech::Catalogue;
use peers::hotline::local;
use peers::process::Process;
use peers::{PATIENCE, ports};

/// More than so many `[..]` on one page would prove nothing.
const MOST_ELISIONS: usize = 20;

/// A page in pieces: text and blocks in turn.
enum Piece<'a> {
    Text(&'a str),
    Block { info: &'a str, body: &'a str },
}

fn pieces(page: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = page;
    while let Some((text, block)) = rest.split_once("```") {
        let (info, block) = block.split_once('\n').expect("a block's first line");
        let (body, after) = block.split_once("```").expect("a block's end");
        pieces.extend([Piece::Text(text), Piece::Block { info, body }]);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// The reader's machine: a folder, and ports that are free where the pages have the usual ones.
struct Desk {
    folder: tempfile::TempDir,
    ports: Vec<(String, String)>,
    server: Option<(Process, usize)>,
}

impl Desk {
    fn new() -> Self {
        let media = ports::media_range();
        let ports = vec![
            ("127.0.0.1:5060".to_owned(), local(ports::free()).to_string()),
            ("127.0.0.1:8080".to_owned(), local(ports::free()).to_string()),
            ("20000..29999".to_owned(), format!("{}..{}", media.start(), media.end())),
        ];
        Self { folder: tempfile::tempdir().unwrap(), ports, server: None }
    }

    fn at(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// A command in the reader's folder, in which `hotline` is the one that was built.
    fn command(&self, program: &str) -> Command {
        let bin = Path::new(env!("CARGO_BIN_EXE_hotline")).parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("TZ", "Asia/Shanghai")
            .env("HOTLINE_SIP", &self.ports[0].1)
            .env("HOTLINE_HTTP", &self.ports[1].1)
            .env("HOTLINE_RTP_PORTS", &self.ports[2].1);
        command
    }

    /// What the page says with the ports that are used, and what a program says with those of the page.
    fn to_real(&self, text: &str) -> String {
        self.ports.iter().fold(text.to_owned(), |text, (shown, real)| text.replace(shown, real))
    }

    fn to_shown(&self, text: &str) -> String {
        self.ports.iter().fold(text.to_owned(), |text, (shown, real)| text.replace(real, shown))
    }

    /// Runs a line of a shell; what it prints, and `? code` if that is not 0.
    fn run(&mut self, line: &str) -> String {
        if let Some(signal) = line.strip_prefix("kill -") {
            let (server, upto) = self.server.as_mut().expect("a server to send it to");
            *upto = server.upto();
            server.signal(signal.split(' ').next().unwrap());
            return String::new();
        }
        let line = self.to_real(line);
        let ran = self
            .command("sh")
            .args(["-c", &format!("exec 2>&1 </dev/null\n{line}")])
            .output()
            .unwrap();
        let mut said = self.to_shown(&String::from_utf8_lossy(&ran.stdout));
        if !ran.status.success() {
            let code = ran.status.code().expect("it ended by itself");
            writeln!(said, "? {code}").unwrap();
        }
        said
    }

    /// Starts the server, unless it runs, and waits for each of `lines` in turn; what it said in their place.
    fn serve(&mut self, lines: &[&str]) -> String {
        if self.server.is_none() {
            let mut command = self.command("hotline");
            let process = Process::start("hotline serve", command.arg("serve"));
            process.wait_line("ready");
            self.server = Some((process, 0));
        }
        let ports = self.ports.clone();
        let shown = |line: &str| {
            ports.iter().fold(line.to_owned(), |text, (shown, real)| text.replace(real, shown))
        };
        let (server, upto) = self.server.as_mut().unwrap();
        for line in lines.iter().filter(|it| !it.is_empty()) {
            *upto = server.wait_until(*upto, line, |said| fits(&shown(said), line)).upto;
        }
        lines.iter().fold(String::new(), |text, line| text + line + "\n")
    }

    /// Records everything that is wanted and missing.
    fn record(&self) {
        for language in ["en-US", "zh-CN"] {
            let text = fs::read_to_string(self.at(&format!("prompts/{language}/catalog.yaml")));
            let (catalogue, _) = Catalogue::parse(FileId::default(), &text.unwrap());
            for wanted in catalogue.unwrap().clips() {
                let path = self.at(&format!("prompts/{}.wav", wanted.clip));
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                let (rate, samples) = (16_000, wanted.length.as_millis() * 16);
                let spec = hound::WavSpec {
                    channels: 1,
                    sample_rate: rate,
                    bits_per_sample: 16,
                    sample_format: hound::SampleFormat::Int,
                };
                let mut file = hound::WavWriter::create(path, spec).unwrap();
                for at in 0..samples {
                    let wave = if at / 20 % 2 == 0 { 4_000_i16 } else { -4_000 };
                    file.write_sample(wave).unwrap();
                }
                file.finalize().unwrap();
            }
        }
    }
}

/// Whether a line is as a page shows it, where `[..]` is anything.
fn fits(said: &str, shown: &str) -> bool {
    let mut rest = said;
    let mut parts = shown.split("[..]");
    let Some(after) = parts.next().and_then(|first| rest.strip_prefix(first)) else { return false };
    rest = after;
    let mut last = "";
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        last = part;
    }
    rest.is_empty() || (shown.contains("[..]") && last.is_empty())
}

/// Goes through a page; the page as it should be, and what differs.
fn follow(desk: &mut Desk, name: &str, page: &str) -> (String, String) {
    let (mut written, mut differs) = (String::new(), String::new());
    for piece in pieces(page) {
        let (info, body) = match piece {
            Piece::Text(text) => {
                if text.contains("<!-- recordings -->") {
                    desk.record();
                }
                written += text;
                continue;
            }
            Piece::Block { info, body } => (info, body),
        };
        let file = |kind: &str| info.split(' ').find_map(|it| it.strip_prefix(kind));
        let mut shown = body.to_owned();
        if let Some(path) = file("file=").filter(|_| info.starts_with("diff")) {
            let kept = |sign: char| {
                let lines = body.lines().filter_map(move |it| {
                    it.strip_prefix([' ', sign]).or(it.is_empty().then_some(""))
                });
                lines.fold(String::new(), |text, line| text + line + "\n")
            };
            let text = fs::read_to_string(desk.at(path)).unwrap();
            let (old, new) = (kept('-'), kept('+'));
            assert_eq!(
                text.matches(&old).count(),
                1,
                "{name}: {path} has not once\n{old}:\n{text}"
            );
            fs::write(desk.at(path), text.replace(&old, &new)).unwrap();
        } else if let Some(path) = file("file=") {
            fs::create_dir_all(desk.at(path).parent().unwrap()).unwrap();
            fs::write(desk.at(path), body).unwrap();
        } else if let Some(path) = file("append=") {
            let text = fs::read_to_string(desk.at(path)).unwrap() + body;
            fs::write(desk.at(path), text).unwrap();
        } else if let Some(path) = file("part=") {
            let text = fs::read_to_string(desk.at(path)).unwrap();
            if !text.contains(body) {
                writeln!(differs, "{name}: {path} has no such part:\n{body}it is:\n{text}")
                    .unwrap();
            }
        } else if info == "console serve" || info == "console says" {
            let lines: Vec<_> = body.lines().filter(|it| !it.starts_with("$ ")).collect();
            desk.serve(&lines);
        } else if info == "console" {
            shown = String::new();
            let all = format!("\n{body}");
            assert!(body.starts_with("$ "), "{name}: {body}");
            for command in all.split("\n$ ").filter(|it| !it.is_empty()) {
                let (line, expected) = command.split_once('\n').unwrap_or((command, ""));
                let expected = if expected.is_empty() || expected.ends_with('\n') {
                    expected.to_owned()
                } else {
                    format!("{expected}\n")
                };
                let said = desk.run(line);
                writeln!(shown, "$ {line}").unwrap();
                match snapbox::Assert::new().try_eq(
                    Some(&line),
                    said.as_str().into(),
                    expected.clone().into(),
                ) {
                    Ok(()) => shown += &expected,
                    Err(error) => {
                        shown += &said;
                        writeln!(differs, "{name}: {error}").unwrap();
                    }
                }
            }
        } else {
            assert!(
                matches!(info, "text" | "yaml" | "sh"),
                "{name} has a block of unknown kind: {info}"
            );
        }
        write!(written, "```{info}\n{shown}```").unwrap();
    }
    (written, differs)
}

#[test]
fn who_follows_the_tutorial_sees_what_it_shows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/design-flows/tutorial");
    let mut pages: Vec<_> = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).collect();
    pages.sort();
    assert_eq!(pages.len(), 6, "{pages:?}");
    let mut desk = Desk::new();
    let mut differs = String::new();
    for path in pages {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let page = fs::read_to_string(&path).unwrap();
        assert!(
            page.matches("[..]").count() + page.matches("\n...\n").count() <= MOST_ELISIONS,
            "{name} leaves too much out"
        );
        let (written, found) = follow(&mut desk, &name, &page);
        if let Some((mut server, _)) = desk.server.take() {
            server.signal("TERM");
            server.wait_end(PATIENCE);
        }
        if std::env::var_os("HOTLINE_WRITE").is_some() && written != page {
            fs::write(&path, written).unwrap();
        }
        differs += &found;
    }
    assert!(differs.is_empty(), "{differs}");
}
