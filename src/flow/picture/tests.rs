//! What stands in pictures, and that everything on a page can be read.

use super::layout::{far, place, place_parts};
use super::*;
use crate::diagnostic::FileId;
use crate::flow::parse;
use crate::speech::Catalogue;

const FLOW: &str = r##"
flow: pizza
title: { en-US: "Pizza & \"more\"" }
languages: [en-US]
start: welcome
steps:
  welcome:
    - play: hello
    - menu: choose
      keys: { 1: order, "#": welcome, 0: agent }
      otherwise: agent
  order:
    - ask: how-many
      into: pieces
      as: number
      otherwise: agent
    - goto: welcome
      when: pieces < 1
    - hangup: bye
  agent:
    - queue: service
      no_agents: done
  done:
    - hangup: bye
  forgotten:
    - goto: done
"##;

fn pizza() -> Picture {
    let (flow, found) = parse(FileId::default(), FLOW);
    assert_eq!(found, []);
    let text =
        "language: en-US\nprompts: { hello: Hello., choose: Press one <now>., bye: Goodbye. }\n";
    let (catalogue, _) = Catalogue::parse(FileId::default(), text);
    Picture::of(&flow.unwrap(), &[("en-US".into(), catalogue.unwrap())].into_iter().collect())
}

#[test]
fn mermaid_has_a_box_a_step_and_an_arrow_a_pair() {
    insta::assert_snapshot!(pizza().mermaid(None), @r##"
    ---
    title: "pizza: Pizza & \"more\""
    ---
    flowchart TD
      s0(["<b>welcome</b><br>play hello<br>menu choose"]):::start
      s1[["<b>order</b><br>ask how-many → pieces<br>hangup bye"]]:::ends
      s2{{"<b>agent</b><br>queue service"}}:::person
      s3[["<b>done</b><br>hangup bye"]]:::ends
      s4["<b>forgotten</b>"]:::unreached
      s0 -->|"1"| s1
      s0 -->|"#35;"| s0
      s0 -->|"0, otherwise"| s2
      s1 -->|"otherwise"| s2
      s1 -->|"pieces #60; 1"| s0
      s2 -->|"no_agents"| s3
      s4 --> s3
      classDef start fill:#d8f3dc,stroke:#2d6a4f
      classDef person fill:#dbeafe,stroke:#1d4ed8
      classDef ends fill:#eceff1,stroke:#546e7a
      classDef unreached stroke-dasharray:4
    "##);
}

#[test]
fn dot_has_the_words_as_tooltips() {
    insta::assert_snapshot!(pizza().dot(None), @r##"
    digraph flow {
      label="pizza: Pizza & \"more\"";
      labelloc=t;
      node [shape=box, fontname="sans-serif"];
      edge [fontname="sans-serif", fontsize=10];
      "welcome" [label="welcome\nplay hello\nmenu choose", tooltip="en-US: Hello.\nen-US: Press one <now>.", style="rounded,filled,bold", fillcolor="#d8f3dc"];
      "order" [label="order\nask how-many → pieces\nhangup bye", tooltip="en-US: Goodbye.", style=filled, fillcolor="#eceff1", peripheries=2];
      "agent" [label="agent\nqueue service", tooltip="", style=filled, fillcolor="#dbeafe"];
      "done" [label="done\nhangup bye", tooltip="en-US: Goodbye.", style=filled, fillcolor="#eceff1", peripheries=2];
      "forgotten" [label="forgotten", tooltip="", style=dashed];
      "welcome" -> "order" [label="1"];
      "welcome" -> "welcome" [label="#"];
      "welcome" -> "agent" [label="0, otherwise"];
      "order" -> "agent" [label="otherwise"];
      "order" -> "welcome" [label="pieces < 1"];
      "agent" -> "done" [label="no_agents"];
      "forgotten" -> "done";
    }
    "##);
}

#[test]
fn the_page_shows_words_on_hover_and_asks_nobody_for_anything() {
    let page = pizza().html(None);
    assert!(page.contains("en-US choose: Press one &lt;now&gt;."), "{page}");
    assert!(page.contains("<title>welcome → agent: 0, otherwise</title>"), "{page}");
    assert!(page.contains("Pizza &amp; &quot;more&quot;"), "{page}");
    for outside in ["src=", "href=", "@import", "url(http"] {
        assert!(!page.contains(outside), "{outside}");
    }
    for (role, count) in
        [("step start", 1), ("step person", 1), ("step ends", 2), ("step unreached", 1)]
    {
        assert_eq!(page.matches(&format!("class=\"{role}\"")).count(), count, "{role}");
    }
}

/// A flow's shape: `steps` boxes, a way to the next, some ahead and some back, one to itself, all to the last.
fn tangle(steps: usize) -> Vec<(usize, usize, f64)> {
    let last = steps - 1;
    let ways = |at: usize| {
        let some = [at + 1, at + 3 + at % 5, at / 2, last];
        let to = some.into_iter().filter(move |to| *to <= last && *to != at);
        to.map(move |to| (at, to, 20.0 + (to % 7) as f64 * 9.0))
    };
    let mut arrows: Vec<_> = (0..steps).flat_map(ways).collect();
    arrows.push((2, 2, 10.0));
    arrows.sort_by_key(|it| (it.0, it.1));
    arrows.dedup_by_key(|it| (it.0, it.1));
    arrows
}

#[test]
fn no_box_of_sixty_covers_another_or_a_label() {
    let sizes: Vec<_> =
        (0..60).map(|at| (90.0 + (at % 4) as f64 * 40.0, 40.0 + (at % 3) as f64 * 20.0)).collect();
    let arrows = tangle(60);
    let layout = place(&sizes, &arrows, 0);
    // Middle, width and height of everything that has to be read.
    let labels = arrows.iter().zip(&layout.routes).filter(|((from, to, _), _)| from != to);
    let labels = labels.map(|((_, _, width), route)| (route.label, (*width, 12.0)));
    let all: Vec<_> = layout.boxes.iter().copied().zip(sizes).chain(labels).collect();
    for (at, (a, of_a)) in all.iter().enumerate() {
        for (b, of_b) in &all[at + 1..] {
            let apart = (a.0 - b.0).abs() * 2.0 >= of_a.0 + of_b.0
                || (a.1 - b.1).abs() * 2.0 >= of_a.1 + of_b.1;
            assert!(apart, "{a:?} {of_a:?} covers {b:?} {of_b:?}");
        }
        let inside =
            |(x, y): (f64, f64)| x >= 0.0 && y >= 0.0 && x <= layout.size.0 && y <= layout.size.1;
        assert!(inside(*a), "{a:?} is outside of {:?}", layout.size);
    }
}

#[test]
fn a_large_flow_fits_a_screen_s_width_since_long_ways_are_only_named() {
    let pairs: Vec<_> = tangle(60).into_iter().map(|(from, to, _)| (from, to)).collect();
    let far_ones = far(60, &pairs, 0);
    let all = tangle(60).into_iter().zip(&far_ones);
    let drawn: Vec<_> = all.filter(|(_, far)| !**far).map(|(arrow, _)| arrow).collect();
    assert!(far_ones.iter().filter(|far| **far).count() >= 60, "all lead to the last one");
    let sizes = vec![(120.0, 60.0); 60];
    let layout = place_parts(&sizes, &drawn, 0);
    assert!(layout.size.0 < 3_000.0, "{:?}", layout.size);
    for (at, a) in layout.boxes.iter().enumerate() {
        for b in &layout.boxes[at + 1..] {
            assert!((a.0 - b.0).abs() >= 120.0 || (a.1 - b.1).abs() >= 60.0, "{a:?} covers {b:?}");
        }
    }
    // A small one is drawn whole.
    assert!(!far(12, &pairs, 0).contains(&true));
}

#[test]
fn arrows_begin_and_end_at_their_boxes() {
    let sizes = vec![(100.0, 40.0); 12];
    let arrows = tangle(12);
    let layout = place(&sizes, &arrows, 0);
    for ((from, to, _), route) in arrows.iter().zip(&layout.routes) {
        for (end, at) in [(route.points.first(), from), (route.points.last(), to)] {
            let ((x, y), (left, top)) = (*end.unwrap(), layout.boxes[*at]);
            assert!(
                (x - left).abs() <= 50.0 && (y - top).abs() <= 20.1,
                "{from} → {to}: {route:?}"
            );
        }
    }
}

#[test]
fn the_same_flow_looks_the_same_every_time() {
    let sizes = vec![(100.0, 40.0); 40];
    let first = place(&sizes, &tangle(40), 0);
    assert!((0..4).all(|_| place(&sizes, &tangle(40), 0) == first));
}

#[test]
fn calls_run_down_from_their_beginning() {
    let sizes = vec![(100.0, 40.0); 4];
    // Begins in the third, which the fourth leads back to.
    let arrows = [(2, 3, 0.0), (3, 2, 0.0), (3, 0, 0.0), (0, 1, 0.0), (1, 3, 0.0)];
    let layout = place(&sizes, &arrows, 2);
    let heights: Vec<_> = [2, 3, 0, 1].iter().map(|at| layout.boxes[*at].1).collect();
    assert!(heights.is_sorted() && heights[0] < heights[1], "{heights:?}");
    assert_eq!(
        layout.routes.iter().map(|it| it.back).collect::<Vec<_>>(),
        [false, true, false, false, true]
    );
}

#[test]
fn the_smallest_flows_are_drawn_too() {
    assert_eq!(place(&[], &[], 0).boxes, []);
    let alone = place(&[(80.0, 40.0)], &[(0, 0, 10.0)], 0);
    assert_eq!((alone.boxes.len(), alone.routes.len()), (1, 1));
}
