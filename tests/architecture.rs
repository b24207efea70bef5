//! The arrows between rooms, held against one table: a lower room never names a higher one.
#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test that cannot read the sources must fail"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Who may name whom. A room may always name itself. In order, the words below, the world above.
#[rustfmt::skip]
const ALLOWED: &[(&str, &[&str])] = &[
    ("time",          &[]),
    ("secret",        &[]),
    ("diagnostic",    &[]),
    ("value",         &["secret"]),
    ("yaml",          &["diagnostic"]),
    ("speech",        &["diagnostic", "secret", "value", "yaml"]),
    ("flow",          &["diagnostic", "secret", "speech", "value", "yaml"]),
    ("config",        &["diagnostic", "secret", "value", "yaml"]),
    ("call",          &["config", "diagnostic", "flow", "secret", "speech", "time", "value"]),
    ("queue",         &["time"]),
    ("sdp",           &[]),
    ("audio",         &["secret"]),
    ("rtp",           &["audio", "secret", "time"]),
    ("sip",           &["secret", "time"]),
    ("legs",          &["call", "flow", "queue", "sdp", "secret", "sip", "time"]),
    ("rtp/transport", &["audio", "rtp", "secret", "time"]),
    ("sip/transport", &["secret", "sip", "time"]),
    ("sim",           &["call", "config", "diagnostic", "flow", "queue", "secret", "speech", "time", "value", "yaml"]),
    ("editor",        &["diagnostic", "flow", "sim", "speech", "value", "yaml"]),
    ("telemetry",     &[]),
    ("store",         &["secret", "time", "value"]),
    ("lookup",        &["secret", "time", "value"]),
    ("desk",          &["secret", "store", "time", "value"]),
];

/// Where all meet: these may name every room below them.
const MEETING: &[&str] = &["server", "cli"];

#[test]
fn arrows_between_rooms_point_one_way() {
    let allowed: BTreeMap<_, BTreeSet<_>> =
        ALLOWED.iter().map(|(room, to)| (*room, to.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    for file in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let room = room_of(&file);
        if room == "lib" || room == "main" || MEETING.contains(&room.as_str()) {
            continue;
        }
        let Some(may) = allowed.get(room.as_str()) else {
            panic!("the room `{room}` is not in the table");
        };
        for (line, named) in named_rooms(&fs::read_to_string(&file).unwrap()) {
            let own = room.split('/').next() == Some(named.as_str());
            if !own && !may.contains(named.as_str()) {
                wrong.push(format!("{}:{line}: `{room}` names `{named}`", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that are not allowed:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_itself_has_no_way_back_up() {
    let order: Vec<_> = ALLOWED.iter().map(|(room, _)| *room).collect();
    let place = |room: &str| order.iter().position(|it| *it == room).unwrap();
    for (room, to) in ALLOWED {
        for named in *to {
            assert!(
                place(named) < place(room),
                "`{room}` may name `{named}`, which stands above it"
            );
        }
    }
}

#[test]
fn pure_rooms_deny_the_world_at_their_doors() {
    let pure = [
        "flow",
        "speech",
        "config",
        "call",
        "queue",
        "sim",
        "editor",
        "sip",
        "sdp",
        "audio",
        "rtp",
        "diagnostic",
    ];
    for room in pure {
        let door = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room).join("mod.rs");
        let text = fs::read_to_string(&door).unwrap();
        assert!(
            text.contains("clippy::disallowed_methods"),
            "{} lets the world in",
            door.display()
        );
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    found
}

/// `src/sip/transport/udp.rs` is in `sip/transport`, `src/sip/dialog.rs` in `sip`, `src/time.rs` in `time`.
fn room_of(file: &Path) -> String {
    let inside = file.strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
    let parts: Vec<_> = inside.iter().map(|it| it.to_string_lossy().into_owned()).collect();
    let first = parts.first().unwrap().trim_end_matches(".rs").to_owned();
    let transport = parts.get(1).is_some_and(|it| it.trim_end_matches(".rs") == "transport");
    if transport { format!("{first}/transport") } else { first }
}

/// Every `crate::room` named in code, with its line; comments do not count, `crate::{a, b}` counts for each.
fn named_rooms(text: &str) -> Vec<(usize, String)> {
    let mut named = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + "crate::".len()..];
            let list =
                rest.strip_prefix('{').map_or(rest, |inside| inside.split('}').next().unwrap());
            let braces = rest.starts_with('{');
            for part in list.split(',').take(if braces { usize::MAX } else { 1 }) {
                let room: String = part
                    .trim()
                    .chars()
                    .take_while(|it| it.is_ascii_lowercase() || *it == '_')
                    .collect();
                if !room.is_empty() {
                    named.push((index + 1, room));
                }
            }
        }
    }
    named
}
