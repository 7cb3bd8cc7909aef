//! Precision at coverage, and how often a confidence is right, as one picture.

use std::fmt::Write as _;

use super::asking::Asked;
use super::figures::{bins, curve};

const SIDE: f64 = 280.0;
const LEFT: [f64; 2] = [60.0, 420.0];
const TOP: f64 = 40.0;

/// The picture.
pub(crate) fn svg(unbounded: &[Asked]) -> String {
    let mut out = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 740 390\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"740\" height=\"390\" fill=\"#fff\"/>\n",
    );
    frame(&mut out, LEFT[0], "Precision at coverage", "coverage of the answerable", "precision");
    for (split, colour, y) in [("dev", "#1f6feb", 300.0), ("test", "#c2410c", 316.0)] {
        let points = curve(unbounded, |one| one.label.split == split);
        let places: Vec<String> = points.iter().map(|p| place(LEFT[0], p.coverage, p.precision)).collect();
        let path =
            format!("<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>", places.join(" "));
        line(&mut out, &path);
        line(&mut out, &format!("<text x=\"{}\" y=\"{}\" fill=\"{colour}\">{split}</text>", LEFT[0] + 12.0, y - 6.0));
    }
    line(&mut out, &dashes(LEFT[0], [(0.0, 0.9), (1.0, 0.9)]));
    line(&mut out, &dashes(LEFT[0], [(0.6, 0.0), (0.6, 1.0)]));
    frame(&mut out, LEFT[1], "Calibration", "confidence", "right");
    line(&mut out, &dashes(LEFT[1], [(0.0, 0.0), (1.0, 1.0)]));
    for bin in bins(unbounded).iter().filter(|bin| bin.answers > 0) {
        let at = place(LEFT[1], bin.confidence, bin.right);
        let Some((x, y)) = at.split_once(',') else { continue };
        let radius = 3.0 + (bin.answers as f64).sqrt() / 2.0;
        line(
            &mut out,
            &format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius:.1}\" fill=\"#1f6feb\" fill-opacity=\"0.6\"/>"),
        );
    }
    out.push_str("</svg>\n");
    out
}

fn frame(out: &mut String, left: f64, title: &str, across: &str, up: &str) {
    let bottom = TOP + SIDE;
    line(
        out,
        &format!("<rect x=\"{left}\" y=\"{TOP}\" width=\"{SIDE}\" height=\"{SIDE}\" fill=\"none\" stroke=\"#888\"/>"),
    );
    line(out, &format!("<text x=\"{left}\" y=\"{}\" font-weight=\"bold\">{title}</text>", TOP - 14.0));
    line(
        out,
        &format!("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{across}</text>", left + SIDE / 2.0, bottom + 34.0),
    );
    let turned = format!("transform=\"rotate(-90 {} {})\"", left - 38.0, TOP + SIDE / 2.0);
    line(
        out,
        &format!("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" {turned}>{up}</text>", left - 38.0, TOP + SIDE / 2.0),
    );
    for step in 0..=5 {
        let share = f64::from(step) / 5.0;
        let (x, y) = (left + share * SIDE, bottom - share * SIDE);
        line(out, &format!("<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{share:.1}</text>", bottom + 16.0));
        line(out, &format!("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{share:.1}</text>", left - 6.0, y + 4.0));
    }
}

fn dashes(left: f64, [from, to]: [(f64, f64); 2]) -> String {
    let points = format!("{} {}", place(left, from.0, from.1), place(left, to.0, to.1));
    format!("<polyline points=\"{points}\" fill=\"none\" stroke=\"#888\" stroke-dasharray=\"4 4\"/>")
}

fn place(left: f64, x: f64, y: f64) -> String {
    format!("{:.1},{:.1}", left + x * SIDE, TOP + SIDE - y * SIDE)
}

fn line(out: &mut String, text: &str) {
    // Writing to a string does not fail.
    let _written = writeln!(out, "{text}");
}
