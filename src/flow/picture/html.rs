//! One page with the picture as SVG, which needs no other file and no network.

use std::fmt::Write as _;

use super::layout::{Layout, Point, Size, place};
use super::{Cover, Picture, Role, StepBox};

pub(super) fn write(picture: &Picture) -> String {
    let title = escaped(&picture.title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <h1>{title}</h1>\n<p>{} steps. <span class=\"start\">calls begin</span> <span class=\"person\">to a person</span> \
         <span class=\"ends\">calls end</span> Rest on a step to read its words and to see its ways alone.</p>\n",
        picture.boxes.len()
    );
    svg(picture, None, &mut out);
    out.push_str("<script>");
    out.push_str(SCRIPT);
    out.push_str("</script>\n</html>\n");
    out
}

/// The picture itself; coloured by what calls went through, if that is given.
pub(super) fn svg(picture: &Picture, cover: Option<&Cover>, out: &mut String) {
    let sizes: Vec<Size> = picture.boxes.iter().map(size).collect();
    let arrows: Vec<_> = picture
        .arrows
        .iter()
        .map(|it| (it.from, it.to, if it.label.is_empty() { 0.0 } else { width(&it.label) }))
        .collect();
    let start = picture.boxes.iter().position(|it| it.role == Role::Start).unwrap_or_default();
    let layout = place(&sizes, &arrows, start);
    let (wide, high) = layout.size;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide:.0}\" height=\"{high:.0}\" viewBox=\"0 0 {wide:.0} {high:.0}\">\n\
         <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0 8 4 0 8z\"/></marker></defs>"
    );
    ways(picture, &layout, cover, out);
    for (nth, ((step, at), size)) in picture.boxes.iter().zip(&layout.boxes).zip(&sizes).enumerate()
    {
        draw(step, *at, *size, cover.map(|it| it.visits(nth)), out);
    }
    out.push_str("</svg>\n");
}

fn ways(picture: &Picture, layout: &Layout, cover: Option<&Cover>, out: &mut String) {
    let name = |at: usize| picture.boxes.get(at).map(|it| escaped(&it.name)).unwrap_or_default();
    for (arrow, route) in picture.arrows.iter().zip(&layout.routes) {
        let back = if route.back { " back" } else { "" };
        let gone = cover.map(|it| it.gone(arrow.from, arrow.to));
        let (class, told) = match gone {
            None => ("", String::new()),
            Some((taken, all)) => {
                let class = if taken == 0 {
                    " never"
                } else if taken < all {
                    " partly"
                } else {
                    " gone"
                };
                (class, format!(" ({taken} of {all} ways gone)"))
            }
        };
        let (from, to) = (name(arrow.from), name(arrow.to));
        let path =
            if arrow.from == arrow.to { straight(&route.points) } else { curve(&route.points) };
        let _ = write!(
            out,
            "<g class=\"way{back}{class}\" data-from=\"{from}\" data-to=\"{to}\"><title>{from} → {to}: {label}{told}</title>\
             <path d=\"{path}\" marker-end=\"url(#head)\"/>",
            label =
                if arrow.label.is_empty() { "always".to_owned() } else { escaped(&arrow.label) },
        );
        if !arrow.label.is_empty() {
            let (x, y) = route.label;
            let label = escaped(&shortened(&arrow.label));
            let _ = write!(out, "<text x=\"{x:.1}\" y=\"{:.1}\">{label}</text>", y + 4.0);
        }
        out.push_str("</g>\n");
    }
}

fn draw(step: &StepBox, (x, y): Point, (wide, high): Size, visits: Option<u64>, out: &mut String) {
    let class = match step.role {
        Role::Start => "step start",
        Role::Person => "step person",
        Role::End => "step ends",
        Role::Unreached => "step unreached",
        Role::Between => "step",
    };
    let gone = match visits {
        None => "",
        Some(0) => " never",
        Some(_) => " gone",
    };
    let (left, top) = (x - wide / 2.0, y - high / 2.0);
    let name = escaped(&step.name);
    let mut hover = vec![name.clone()];
    hover.extend(visits.map(|it| format!("came to {it} times")));
    hover.extend(step.lines.iter().map(|it| escaped(it)));
    hover.extend(
        step.words.iter().map(|(prompt, lang, text)| escaped(&format!("{lang} {prompt}: {text}"))),
    );
    let _ = write!(
        out,
        "<g class=\"{class}{gone}\" data-step=\"{name}\"><title>{}</title>\
         <rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" rx=\"{}\"/>\
         <text class=\"name\" x=\"{x:.1}\" y=\"{:.1}\">{name}</text>",
        hover.join("\n"),
        if step.role == Role::Start { 16 } else { 4 },
        top + LINE,
    );
    for (nth, line) in shown(step).iter().enumerate() {
        let y = top + LINE * (nth as f64 + 2.0);
        let _ = write!(out, "<text x=\"{:.1}\" y=\"{y:.1}\">{}</text>", left + PAD, escaped(line));
    }
    out.push_str("</g>\n");
}

/// The lines in a box: few and short, the rest is on hover.
fn shown(step: &StepBox) -> Vec<String> {
    let most = if step.lines.len() > MOST_LINES { MOST_LINES - 1 } else { MOST_LINES };
    let mut lines: Vec<_> = step.lines.iter().take(most).map(|it| shortened(it)).collect();
    if step.lines.len() > most {
        lines.push(format!("… {} more", step.lines.len() - most));
    }
    lines
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MOST_LETTERS {
        return text.to_owned();
    }
    text.chars().take(MOST_LETTERS - 1).chain(['…']).collect()
}

fn size(step: &StepBox) -> Size {
    let lines = shown(step);
    let wide = lines.iter().map(|it| width(it)).fold(width(&step.name) * 1.15, f64::max);
    (wide + PAD * 2.0, LINE * (lines.len() as f64 + 1.0) + PAD)
}

/// About how wide a text is: letters at most 7.3 pixels at this size, ideographs twelve.
fn width(text: &str) -> f64 {
    let letter = |it: char| if it.is_ascii() { 7.3 } else { 12.0 };
    shortened(text).chars().map(letter).sum::<f64>() + 4.0
}

/// Through all points, upright at each.
fn curve(points: &[Point]) -> String {
    let mut path = String::new();
    let mut before: Option<Point> = None;
    for (x, y) in points.iter().copied() {
        let _ = match before {
            None => write!(path, "M{x:.1} {y:.1}"),
            Some((from, _)) if (from - x).abs() < 0.1 => write!(path, "L{x:.1} {y:.1}"),
            Some((from, above)) => {
                let middle = f64::midpoint(above, y);
                write!(path, "C{from:.1} {middle:.1} {x:.1} {middle:.1} {x:.1} {y:.1}")
            }
        };
        before = Some((x, y));
    }
    path
}

fn straight(points: &[Point]) -> String {
    let points: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    format!("M{}", points.join("L"))
}

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(it),
        }
    }
    out
}

/// The height of a line of text, and what is kept free inside of a box.
const LINE: f64 = 16.0;
const PAD: f64 = 8.0;
/// What is shown of a step that does much, and of a line that says much.
const MOST_LINES: usize = 6;
const MOST_LETTERS: usize = 34;

pub(super) const STYLE: &str = "
body{font:14px/1.4 system-ui,sans-serif;margin:1.5rem;background:#fff;color:#1f2933}
h1{font-size:1.3rem;margin:0 0 .3rem}
p span{border:1px solid #9aa5b1;border-radius:4px;padding:1px 6px}
svg text{font:12px system-ui,'Noto Sans CJK SC',sans-serif;fill:#1f2933}
.step rect{fill:#fff;stroke:#7b8794}
.step .name{font-weight:700;text-anchor:middle}
.step.start rect{fill:#d8f3dc;stroke:#2d6a4f;stroke-width:2}
.step.person rect{fill:#dbeafe;stroke:#1d4ed8}
.step.ends rect{fill:#e4e7eb;stroke:#52606d;stroke-width:2}
.step.unreached rect{stroke-dasharray:4}
span.start{background:#d8f3dc}span.person{background:#dbeafe}span.ends{background:#e4e7eb}
.way path{fill:none;stroke:#7b8794;stroke-width:1.2}
.way.back path{stroke:#b7791f;stroke-dasharray:5 3}
.way text{text-anchor:middle;font-size:11px;fill:#334e68;paint-order:stroke;stroke:#fff;stroke-width:4px}
marker path{fill:#52606d}
svg.lit .way,svg.lit .step{opacity:.15}
svg.lit .way.lit,svg.lit .step.lit{opacity:1}
.way.lit path{stroke-width:2.2;stroke:#1d4ed8}
";

/// Shows the ways of the step under the pointer alone.
pub(super) const SCRIPT: &str = "
for(const svg of document.querySelectorAll('svg')){
  const ways=[...svg.querySelectorAll('.way')],steps=[...svg.querySelectorAll('.step')];
  const clear=()=>{svg.classList.remove('lit');for(const it of [...ways,...steps])it.classList.remove('lit')};
  for(const step of steps){
    step.onmouseenter=()=>{
      const name=step.dataset.step,near=new Set([name]);
      clear();svg.classList.add('lit');
      for(const way of ways)if(way.dataset.from===name||way.dataset.to===name){
        way.classList.add('lit');near.add(way.dataset.from);near.add(way.dataset.to)}
      for(const it of steps)if(near.has(it.dataset.step))it.classList.add('lit')};
    step.onmouseleave=clear}}
";
