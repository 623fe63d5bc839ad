//! As much of a document as a field with a limit has room for, which says how much is missing.

use super::document::{Block, Section, Text};
use super::messages::Messages;

/// What `render` makes of the sections, where `measure` of it is at most `limit`: whole, or with every list cut at the same
/// number of items, as many as there is room for. Nothing where even the bare sections have none.
pub(super) fn fitting<T>(
    sections: &[Section],
    m: &Messages,
    limit: usize,
    render: impl Fn(&[Section]) -> T,
    measure: impl Fn(&T) -> usize,
) -> Option<T> {
    let whole = render(sections);
    if measure(&whole) <= limit {
        return Some(whole);
    }
    let longest = sections.iter().flat_map(|own| &own.blocks).map(items).max().unwrap_or_default();
    let cut_at = |most: usize| render(&cut(sections, most, m));
    // Fewer items take less room: the last number that fits lies between these two.
    let (mut fits, mut too_many) = (None, longest);
    let mut low = 0;
    while low < too_many {
        let most = low + (too_many - low) / 2;
        let text = cut_at(most);
        match measure(&text) <= limit {
            true => (fits, low) = (Some(text), most + 1),
            false => too_many = most,
        }
    }
    fits
}

fn items(block: &Block) -> usize {
    match block {
        Block::List { items, .. } => items.len(),
        Block::Lines(lines) => lines.len(),
        Block::Table(table) => table.rows.len(),
        Block::Heading(_) | Block::Paragraph(_) => 0,
    }
}

/// The sections with at most so many items in each list.
fn cut(sections: &[Section], most: usize, m: &Messages) -> Vec<Section> {
    let cut = |block: &Block| -> Vec<Block> {
        let more = items(block).saturating_sub(most);
        if more == 0 {
            return vec![block.clone()];
        }
        let mut blocks = match block {
            _ if most == 0 => Vec::new(),
            Block::List { ordered, items } => {
                vec![Block::List { ordered: *ordered, items: items[..most].to_vec() }]
            }
            Block::Lines(lines) => vec![Block::Lines(lines[..most].to_vec())],
            Block::Table(table) => {
                let mut table = table.clone();
                table.rows.truncate(most);
                vec![Block::Table(table)]
            }
            Block::Heading(_) | Block::Paragraph(_) => vec![block.clone()],
        };
        blocks.push(Block::Paragraph(Text::message(&m.of_whole.of(more))));
        blocks
    };
    let sections = sections.iter();
    sections.map(|own| Section { blocks: own.blocks.iter().flat_map(cut).collect(), ..own.clone() }).collect()
}

/// A text of at most so many characters, which says how many are missing.
pub(super) fn shortened(text: &str, limit: usize, m: &Messages) -> String {
    let all = text.chars().count();
    if all <= limit {
        return text.to_owned();
    }
    // The note is as long for any number of so many digits.
    let note = m.cell_cut.fill([&all.to_string()]).chars().count() + 1;
    let kept: String = text.chars().take(limit.saturating_sub(note)).collect();
    let missing = all - kept.chars().count();
    format!("{kept} {}", m.cell_cut.fill([&missing.to_string()]))
}

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::super::document::Kind;
    use super::*;

    #[test]
    fn what_has_no_room_is_counted() {
        let m = Language::En.messages();
        let lines = |number: usize| Block::Lines((0..number).map(|at| format!("line{at}")).collect());
        let sections =
            [Section { kind: Kind::Openings, title: "t".to_owned(), blocks: vec![lines(100), lines(3)] }];
        let render = |sections: &[Section]| -> String {
            let blocks = sections.iter().flat_map(|own| &own.blocks);
            let texts = blocks.map(|block| match block {
                Block::Lines(lines) => lines.join("\n"),
                Block::Paragraph(text) => text.flat(),
                other => panic!("{other:?}"),
            });
            texts.collect::<Vec<_>>().join("\n")
        };
        let fit = |limit: usize| fitting(&sections, m, limit, render, |text: &String| text.chars().count());
        let whole = render(&sections);
        assert_eq!(fit(whole.len()).as_ref(), Some(&whole));
        for limit in [whole.len() - 1, 300, 200] {
            let text = fit(limit).unwrap();
            let shown = text.lines().filter(|line| line.starts_with("line")).count();
            let missing: usize = text
                .lines()
                .filter(|line| !line.starts_with("line"))
                .map(|line| line.split(' ').next().unwrap().parse::<usize>().unwrap())
                .sum();
            assert_eq!(shown + missing, 103, "{text}");
            assert!(text.len() <= limit);
        }
        assert_eq!(fit(10), None);
    }

    #[test]
    fn a_text_that_is_shortened_says_so() {
        let m = Language::Ja.messages();
        assert_eq!(shortened("日本語", 3, m), "日本語");
        let text = shortened(&"長".repeat(500), 100, m);
        assert!(text.chars().count() <= 100, "{text}");
        let kept = text.chars().filter(|own| *own == '長').count();
        assert!(kept > 40 && text.contains(&format!("{} 文字", 500 - kept)), "{text}");
    }
}
