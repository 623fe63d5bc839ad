//! The ticket as a workbook: a sheet for each kind of line, with a filter, and nothing but text and numbers.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::commands::Commands;
use super::document::{Block, Kind, Style, because, by, codes, document, facts_of};
use super::messages::{Messages, Phrase, Words};
use super::{Kept, Language, Line, Ticket, TicketError};
use crate::diag::visible;
use crate::opening::Opening;

/// Characters of a cell, in units of UTF-16 (Microsoft, "Excel specifications and limits", checked 2026-11-24).
const MAX_CELL: usize = 32_767;

/// Rows of a sheet, the heading included (the same page).
const MAX_ROWS: usize = 1_048_576;

/// Widest column in characters, so that a page is not one column.
const MAX_WIDTH: usize = 60;

/// Rows that the width of a column is measured on: the first ones show what kind of text it has.
const MEASURED: usize = 2_000;

/// A table before it is a sheet.
struct Sheet {
    name: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Columns of numbers.
    numbers: Vec<usize>,
}

pub(super) fn write(ticket: &Ticket<'_>, language: Language) -> Result<Vec<u8>, TicketError> {
    workbook(ticket, language, MAX_ROWS).map_err(|error| TicketError::Library(error.to_string()))
}

/// `max_rows` are those of a sheet, the heading included.
pub(super) fn workbook(
    ticket: &Ticket<'_>,
    language: Language,
    max_rows: usize,
) -> Result<Vec<u8>, XlsxError> {
    let m = language.messages();
    let mut book = Workbook::new();
    // Same input, same bytes: the day is none of the run's.
    let properties = DocProperties::new()
        .set_title(visible(&m.title.fill([ticket.name])))
        .set_author("")
        .set_comment(ticket.header().iter().map(|line| visible(line)).collect::<Vec<_>>().join("\n"))
        .set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?);
    book.set_properties(&properties);
    for sheet in sheets(ticket, language) {
        put(book.add_worksheet(), &sheet, m, max_rows)?;
    }
    book.save_to_buffer()
}

fn put(worksheet: &mut Worksheet, sheet: &Sheet, m: &Messages, max_rows: usize) -> Result<(), XlsxError> {
    let head =
        Format::new().set_bold().set_background_color("#DDE6F0").set_text_wrap().set_align(FormatAlign::Top);
    let text = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    worksheet.set_name(&sheet.name)?;
    let column = |at: usize| u16::try_from(at).expect("internal error: a sheet with so many columns");
    for (at, title) in sheet.columns.iter().enumerate() {
        worksheet.write_string_with_format(0, column(at), title, &head)?;
    }
    let room = max_rows - 1;
    let shown = if sheet.rows.len() <= room { sheet.rows.len() } else { room - 1 };
    for (row, cells) in (1..).zip(&sheet.rows[..shown]) {
        for (at, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            match cell.parse::<u32>() {
                Ok(number) if sheet.numbers.contains(&at) => {
                    worksheet.write_number_with_format(row, column(at), number, &text)?;
                }
                // Never a formula, whatever it begins with.
                _ => {
                    worksheet.write_string_with_format(row, column(at), fitting(cell, m), &text)?;
                }
            }
        }
    }
    if shown < sheet.rows.len() {
        let row = u32::try_from(shown + 1).expect("internal error: a row below the limit");
        worksheet.write_string_with_format(row, 0, m.of_whole.of(sheet.rows.len() - shown), &head)?;
    }
    let last = u32::try_from(shown).expect("internal error: a row below the limit");
    worksheet.autofilter(0, 0, last, column(sheet.columns.len() - 1))?;
    worksheet.set_freeze_panes(1, 0)?;
    worksheet.set_repeat_rows(0, 0)?;
    worksheet.set_landscape();
    worksheet.set_print_fit_to_pages(1, 0);
    for (at, title) in sheet.columns.iter().enumerate() {
        let cells = sheet.rows.iter().take(MEASURED).filter_map(|row| row.get(at));
        let widest = cells.map(|cell| width(cell)).max().unwrap_or_default();
        // The arrow of the filter takes room beside the heading.
        let width = widest.max(width(title) + 3).min(MAX_WIDTH) + 2;
        worksheet.set_column_width(column(at), u32::try_from(width).expect("internal error: a width"))?;
    }
    Ok(())
}

/// About how many digits a text is as wide as.
fn width(text: &str) -> usize {
    text.chars().map(|own| if u32::from(own) >= 0x1100 { 2 } else { 1 }).sum()
}

/// A text that a cell has room for, which says how much is missing.
fn fitting(text: &str, m: &Messages) -> String {
    let text = visible(text);
    if text.encode_utf16().count() <= MAX_CELL {
        return text;
    }
    // The note is far shorter than this.
    let mut units = MAX_CELL - 200;
    let kept: String = text
        .chars()
        .take_while(|own| {
            let fits = units >= own.len_utf16();
            units = units.saturating_sub(own.len_utf16());
            fits
        })
        .collect();
    let missing = text.chars().count() - kept.chars().count();
    format!("{kept} {}", m.cell_cut.fill([&missing.to_string()]))
}

fn sheets(ticket: &Ticket<'_>, language: Language) -> Vec<Sheet> {
    let m = language.messages();
    let (headings, columns) = (&m.headings, &m.columns);
    let mut sheets = vec![summary(ticket, language)];
    sheets.push(lines(ticket, language, &headings.openings, &ticket.added, true));
    if ticket.change.is_some() {
        sheets.push(kept(ticket, language, &headings.instead, &ticket.instead, &m.through_before));
        sheets.push(lines(ticket, language, &headings.removals, &ticket.removed, false));
        sheets.push(kept(ticket, language, &headings.covered, &ticket.covered, &m.through_now));
        let rows = ticket.restated.iter().flat_map(|restated| {
            facts_of(restated, m).into_iter().map(move |(name, before, after)| {
                vec![
                    restated.new.destination(),
                    restated.new.pattern.ports.to_string(),
                    restated.new.path(),
                    name,
                    before,
                    after,
                    restated.old.places.join("; "),
                    restated.new.places.join("; "),
                ]
            })
        });
        let before_cells = format!("{} ({})", columns.cells.text(), columns.before.text());
        let mut sheet = Sheet::new(
            &headings.restated,
            &[
                &columns.destination,
                &columns.ports,
                &columns.path,
                &columns.what,
                &columns.before,
                &columns.after,
                &columns.cells,
                &columns.cells,
            ],
            rows.collect(),
        );
        sheet.columns[6] = before_cells;
        sheets.push(sheet);
    }
    let rows = ticket.left_out.iter().map(|own| {
        let handling = [m.intents(&own.intents, "; "), own.code.as_str().to_owned()];
        row(ticket, language, own.opening, handling.into())
    });
    let titles = titles(m, &[&columns.intent, &columns.finding]);
    sheets.push(Sheet::new(&headings.left_out, &titles, rows.collect()));
    sheets.extend([findings(ticket, m), waivers(ticket, m), files(ticket, m), rollback(ticket, m)]);
    // An empty sheet says nothing; whether there is anything to open is always said.
    let is_told = |sheet: &Sheet| !sheet.rows.is_empty() || sheet.name == headings.openings.text();
    sheets.into_iter().filter(is_told).collect()
}

impl Sheet {
    fn new(name: &Words, columns: &[&Words], rows: Vec<Vec<String>>) -> Self {
        // Names have 31 characters at most, and none of these.
        let name: String = name.text().chars().filter(|own| !"[]:*?/\\'".contains(*own)).take(31).collect();
        Self { name, columns: columns.iter().map(|own| own.own()).collect(), rows, numbers: Vec::new() }
    }
}

/// The document's summary, reasons, commands and tests, a row each.
fn summary(ticket: &Ticket<'_>, language: Language) -> Sheet {
    let m = language.messages();
    let document = document(ticket, language, Style::Compact);
    let mut rows = vec![vec![m.headings.summary.own(), document.title.clone()]];
    rows.extend(document.summary.iter().map(|text| vec![m.headings.summary.own(), text.flat()]));
    rows.extend(document.facts.iter().map(|(name, value)| vec![name.clone(), value.flat()]));
    let told = document.sections.iter().filter(|own| matches!(own.kind, Kind::Reasons | Kind::Tests));
    for section in told {
        for block in &section.blocks {
            let texts: Vec<String> = match block {
                Block::Heading(text) => vec![text.clone()],
                Block::Paragraph(text) => vec![text.flat()],
                Block::List { items, .. } => items.iter().map(|own| own.flat()).collect(),
                Block::Lines(lines) => lines.clone(),
                Block::Table(_) => Vec::new(),
            };
            rows.extend(texts.into_iter().map(|text| vec![section.title.clone(), text]));
        }
    }
    let commands = Commands::of(ticket);
    for command in [commands.compile, commands.prove] {
        rows.push(vec![m.headings.implementation.own(), command]);
    }
    rows.extend(ticket.header().into_iter().map(|line| vec![m.headings.summary.own(), line]));
    Sheet::new(&m.headings.summary, &[&m.columns.fact, &m.columns.what], rows)
}

/// What is entered, then what is said of it, then what is the same for nearly all.
fn titles<'m>(m: &'m Messages, handling: &[&'m Words]) -> Vec<&'m Words> {
    let columns = &m.columns;
    let entered = [&columns.destination, &columns.ports, &columns.path, &columns.scheme];
    let said = [
        &columns.risk,
        &columns.requirement,
        &columns.platforms,
        &columns.geographies,
        &columns.service,
        &columns.category,
        &columns.reason,
        &columns.cells,
        &columns.from,
        &columns.direction,
        &columns.protocol,
    ];
    entered.into_iter().chain(handling.iter().copied()).chain(said).collect()
}

/// What the titles above name.
fn row(ticket: &Ticket<'_>, language: Language, opening: &Opening, handling: Vec<String>) -> Vec<String> {
    let m = language.messages();
    let reasons = super::reasons::categories([opening].into_iter());
    let reasons = reasons.iter().map(|(text, _)| match super::reasons::reason(text) {
        Some(reason) => reason.text(language).to_owned(),
        None => m.fallback_reason.own(),
    });
    let mut reasons: Vec<String> = reasons.collect();
    reasons.dedup();
    let entered =
        [opening.destination(), opening.pattern.ports.to_string(), opening.path(), opening.schemes()];
    let said = [
        codes(&opening.risks),
        m.requirement(opening).to_owned(),
        m.platforms(opening),
        m.geographies(opening),
        opening.services.join("; "),
        opening.categories.join("; "),
        reasons.join(" "),
        opening.places.join("; "),
        ticket.fields.source.clone().unwrap_or_else(|| m.source_unknown.own()),
        m.outbound.own(),
        "TCP".to_owned(),
    ];
    entered.into_iter().chain(handling).chain(said).collect()
}

fn lines(ticket: &Ticket<'_>, language: Language, name: &Words, lines: &[Line<'_>], is_new: bool) -> Sheet {
    let m = language.messages();
    let what = if is_new { &m.columns.new } else { &m.columns.gone };
    let rows = lines.iter().map(|line| (line, because(line, m, is_new)));
    sheet_of_lines(ticket, language, name, ticket.change.map(|_| what), rows)
}

/// Lines that both sides let through, with what lets them through on the other.
fn kept(ticket: &Ticket<'_>, language: Language, name: &Words, kept: &[Kept<'_>], said: &Phrase<1>) -> Sheet {
    let m = language.messages();
    let rows = kept.iter().map(|own| (&own.line, Some(said.fill([&by(&own.by, m)]))));
    sheet_of_lines(ticket, language, name, Some(&m.columns.what), rows)
}

fn sheet_of_lines<'l>(
    ticket: &Ticket<'_>,
    language: Language,
    name: &Words,
    what: Option<&Words>,
    rows: impl Iterator<Item = (&'l Line<'l>, Option<String>)>,
) -> Sheet {
    let m = language.messages();
    let handling: Vec<&Words> = [&m.columns.intent].into_iter().chain(what).collect();
    let mut titles = titles(m, &handling);
    titles.push(&m.columns.devices);
    let rows = rows.map(|(line, change)| {
        let mut handling = vec![m.intents(&line.intents, "; ")];
        handling.extend(change.map(|text| text.replace('`', "")));
        let mut row = row(ticket, language, line.opening, handling);
        row.push(ticket.device_names(&line.intents));
        row
    });
    Sheet::new(name, &titles, rows.collect())
}

fn findings(ticket: &Ticket<'_>, m: &Messages) -> Sheet {
    let columns = &m.columns;
    let rows = ticket.findings.iter().map(|own| {
        vec![
            m.levels.of(own.level()).to_owned(),
            own.code().as_str().to_owned(),
            own.message(|message, intents| m.for_intents.fill([message, intents])),
            own.place.clone(),
            [&own.diagnostic.notes[..], &own.diagnostic.help].concat().join(" / "),
        ]
    });
    let titles = [&columns.level, &columns.finding, &columns.what, &columns.place, &columns.action];
    Sheet::new(&m.headings.findings, &titles, rows.collect())
}

fn waivers(ticket: &Ticket<'_>, m: &Messages) -> Sheet {
    let rows = ticket.waivers.iter().map(|accepted| {
        let own = accepted.waiver;
        vec![
            own.lint.as_str().to_owned(),
            own.pattern.to_string(),
            m.intents.of(own.intent).own(),
            own.reason.clone(),
            own.owner.clone(),
            accepted.expires(m),
        ]
    });
    let titles = m.columns.of_waivers();
    Sheet::new(&m.headings.waivers, &titles, rows.collect())
}

/// Every file with its digest, and below the files of a product how they are put to work.
fn files(ticket: &Ticket<'_>, m: &Messages) -> Sheet {
    let columns = &m.columns;
    let mut rows = Vec::new();
    for product in &ticket.products {
        rows.extend(product.files.iter().map(|own| {
            vec![
                product.title.clone(),
                own.path.clone(),
                own.bytes.to_string(),
                own.sha256.clone(),
                String::new(),
            ]
        }));
        rows.extend(product.apply.iter().map(|step| {
            vec![product.title.clone(), String::new(), String::new(), String::new(), step.replace('`', "")]
        }));
    }
    let titles = [&columns.product, &columns.file, &columns.bytes, &columns.sha256, &columns.apply];
    Sheet { numbers: vec![2], ..Sheet::new(&m.headings.files, &titles, rows) }
}

/// The steps of every product, then every line the other way round.
fn rollback(ticket: &Ticket<'_>, m: &Messages) -> Sheet {
    let columns = &m.columns;
    let mut rows = Vec::new();
    for product in &ticket.products {
        rows.extend(product.rollback.iter().map(|step| {
            let mut row = vec![String::new(); 7];
            row[0] = m.undo.own();
            row[1].clone_from(&product.title);
            row[6] = step.replace('`', "");
            row
        }));
    }
    for (action, lines) in [
        (&m.action_remove, ticket.added.iter().collect::<Vec<_>>()),
        (&m.action_add, ticket.removed.iter().collect()),
        (&m.action_add, ticket.covered.iter().map(|own| &own.line).collect()),
        (&m.action_remove, ticket.instead.iter().map(|own| &own.line).collect()),
    ] {
        rows.extend(lines.iter().map(|line| {
            vec![
                action.own(),
                ticket.device_names(&line.intents),
                m.intents(&line.intents, "; "),
                line.opening.destination(),
                line.opening.pattern.ports.to_string(),
                line.opening.path(),
                String::new(),
            ]
        }));
    }
    let titles = [
        &columns.action,
        &columns.devices,
        &columns.intent,
        &columns.destination,
        &columns.ports,
        &columns.path,
        &columns.rollback,
    ];
    Sheet::new(&m.headings.rollback, &titles, rows)
}
