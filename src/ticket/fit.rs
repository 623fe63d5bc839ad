//! As much of a document as a field with a limit has room for, which says how much is missing.

use super::document::{Block, Kind, Section, Text};
use super::messages::Messages;

/// Fewest items of a list that are worth their heading.
const FEWEST: usize = 3;

/// What `render` makes of the sections, where `measure` of it is at most `limit`: whole; or without the digests of files;
/// or with every list cut at the same number of items, as many as there is room for; or with fewer groups of lists in each
/// section. What is left out is counted. Nothing where even the bare sections have no room.
pub(super) fn fitting<T>(
    sections: &[Section],
    m: &Messages,
    limit: usize,
    render: impl Fn(&[Section]) -> T,
    measure: impl Fn(&T) -> usize,
) -> Option<T> {
    let fits = |sections: &[Section]| Some(render(sections)).filter(|text| measure(text) <= limit);
    if let Some(whole) = fits(sections) {
        return Some(whole);
    }
    // Nobody decides on digests, and the folder has them too.
    let bare: Vec<Section> = sections
        .iter()
        .map(|own| match own.kind {
            Kind::Files => fewer_groups(own, 0, m),
            _ => own.clone(),
        })
        .collect();
    let longest = bare.iter().flat_map(|own| &own.blocks).map(items).max().unwrap_or_default();
    let groups = |own: &Section| own.blocks.iter().filter(|block| is_heading(block)).count();
    let most_groups = bare.iter().map(groups).max().unwrap_or_default();
    let of_groups = |most: usize| bare.iter().map(|own| fewer_groups(own, most, m)).collect::<Vec<_>>();
    fits(&bare)
        .or_else(|| last_that_fits(FEWEST..longest, |most| fits(&cut(&bare, most, m))))
        .or_else(|| last_that_fits(0..most_groups, |most| fits(&cut(&of_groups(most), FEWEST, m))))
        .or_else(|| last_that_fits(0..most_groups.max(1), |most| fits(&cut(&of_groups(most), 0, m))))
}

/// The text of the largest number of the range that has one, where smaller numbers take less room.
fn last_that_fits<T>(range: std::ops::Range<usize>, text: impl Fn(usize) -> Option<T>) -> Option<T> {
    let (mut low, mut too_many) = (range.start, range.end);
    let mut fits = None;
    while low < too_many {
        let most = low + (too_many - low) / 2;
        match text(most) {
            Some(text) => (fits, low) = (Some(text), most + 1),
            None => too_many = most,
        }
    }
    fits
}

fn is_heading(block: &Block) -> bool {
    matches!(block, Block::Heading(_))
}

/// A section with at most so many groups, where a group is a heading with what is below it. Of the others stands how many
/// lines they have.
fn fewer_groups(section: &Section, most: usize, m: &Messages) -> Section {
    let mut groups = 0;
    let first_left_out = section.blocks.iter().position(|block| {
        groups += usize::from(is_heading(block));
        groups > most
    });
    let Some(at) = first_left_out else { return section.clone() };
    let mut blocks = section.blocks[..at].to_vec();
    let missing: usize = section.blocks[at..].iter().map(items).sum();
    blocks.push(Block::Paragraph(Text::message(&m.of_whole.of(missing))));
    Section { blocks, ..section.clone() }
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
    fn many_small_groups_leave_room_for_every_section() {
        let m = Language::En.messages();
        let group =
            |at: usize| vec![Block::Heading(format!("group {at}")), Block::Lines(vec![format!("line{at}")])];
        let section = |kind, blocks| Section { kind, title: format!("{kind:?}"), blocks };
        let sections = [
            section(Kind::Openings, (0..200).flat_map(group).collect()),
            section(Kind::Rollback, vec![Block::Paragraph(Text::plain("the way back"))]),
            section(Kind::Files, (0..50).flat_map(group).collect()),
        ];
        let render = |sections: &[Section]| -> String {
            let text = |block: &Block| match block {
                Block::Heading(text) => text.clone(),
                Block::Lines(lines) => lines.join("\n"),
                Block::Paragraph(text) => text.flat(),
                other => panic!("{other:?}"),
            };
            let of = |own: &Section| {
                format!("{}\n{}", own.title, own.blocks.iter().map(text).collect::<Vec<_>>().join("\n"))
            };
            sections.iter().map(of).collect::<Vec<_>>().join("\n")
        };
        let fit = |limit| fitting(&sections, m, limit, render, |text: &String| text.chars().count()).unwrap();
        let missing = |number: usize| m.of_whole.of(number).replace('`', "");
        // The digests go first, then groups; what is missing is counted.
        let without_files = fit(render(&sections).chars().count() - 1);
        assert!(without_files.contains("line199") && without_files.contains(&missing(50)), "{without_files}");
        for limit in [2_000, 600] {
            let text = fit(limit);
            let shown = text.lines().filter(|line| line.starts_with("line")).count();
            assert!(shown > 5 && text.contains(&missing(200 - shown)), "{limit}: {text}");
            assert!(text.contains("the way back") && text.chars().count() <= limit, "{limit}: {text}");
        }
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
