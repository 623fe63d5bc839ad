//! How a change is made, tested and undone.

use super::super::Product;
use super::board::short;
use super::{Block, Column, Kind, Section, Style, Table, Text, Writer};
use crate::diag::visible;

impl Writer<'_> {
    pub(super) fn implementation(&self) -> Section {
        let (ticket, m) = (self.ticket, self.m);
        if ticket.products.is_empty() {
            let none = Block::Paragraph(Text::plain(m.no_products.text()));
            return self.section(Kind::Implementation, vec![none]);
        }
        let first = match &ticket.not_yet[..] {
            [] => m.compile.own(),
            not_yet => {
                let lines: Vec<String> = not_yet.iter().map(|line| format!("`{line}`")).collect();
                format!("{} {}", m.not_yet.fill([&lines.join(", ")]), m.compile.text())
            }
        };
        let mut blocks = vec![
            Block::Paragraph(Text::message(&first)),
            Block::Lines(vec![visible(&self.commands.compile), visible(&self.commands.prove)]),
        ];
        blocks.extend(self.fidelity());
        for product in &ticket.products {
            blocks.push(Block::Heading(visible(&product.title)));
            blocks.push(Block::Paragraph(Text::plain(m.apply.text())));
            blocks.push(steps(&product.apply));
        }
        self.section(Kind::Implementation, blocks)
    }

    /// Every file with its digest.
    pub(super) fn files(&self) -> Option<Section> {
        if self.ticket.products.is_empty() {
            return None;
        }
        let mut blocks = vec![Block::Paragraph(Text::plain(self.m.digests.text()))];
        for product in &self.ticket.products {
            blocks.push(Block::Heading(visible(&product.title)));
            blocks.push(match self.style {
                Style::Full => self.file_table(product),
                // As `sha256sum -c` takes them.
                Style::Compact => Block::Lines(
                    product.files.iter().map(|own| format!("{}  {}", own.sha256, own.path)).collect(),
                ),
            });
        }
        Some(self.section(Kind::Files, blocks))
    }

    /// How far each product can follow, and how its lists change.
    fn fidelity(&self) -> Vec<Block> {
        let (m, columns) = (self.m, &self.m.columns);
        let of_lists: Vec<&Product> =
            self.ticket.products.iter().filter(|own| !own.intents.is_empty()).collect();
        if of_lists.is_empty() || self.style == Style::Compact {
            return Vec::new();
        }
        let table = |titles: &[&super::super::messages::Words],
                     numbers: &dyn Fn(&Product) -> Option<Vec<usize>>| {
            let rows = of_lists.iter().filter_map(|own| {
                let numbers = numbers(own)?.into_iter().map(|own| Text::plain(&own.to_string()));
                Some([Text::plain(&own.title)].into_iter().chain(numbers).collect())
            });
            let titles = titles.iter().enumerate();
            let columns = titles.map(|(at, title)| Column { title: title.own(), is_number: at > 0 });
            Block::Table(Table { columns: columns.collect(), rows: rows.collect() })
        };
        let mut blocks = vec![
            Block::Paragraph(Text::plain(m.fidelity_note.text())),
            table(
                &[
                    &columns.product,
                    &columns.exact,
                    &columns.wider,
                    &columns.narrower,
                    &columns.held,
                    &columns.unsupported,
                ],
                &|own| {
                    let own = own.fidelity;
                    Some(vec![own.exact, own.wider, own.narrower, own.held, own.unsupported])
                },
            ),
        ];
        if self.ticket.products.iter().any(|own| own.change.is_some()) {
            blocks.push(Block::Paragraph(Text::plain(m.change_note.text())));
            blocks.push(table(&[&columns.product, &columns.new, &columns.gone, &columns.beyond], &|own| {
                own.change.map(|own| vec![own.opened, own.closed, own.beyond])
            }));
        }
        blocks
    }

    fn file_table(&self, product: &Product) -> Block {
        let columns = &self.m.columns;
        let rows = product.files.iter().map(|own| {
            vec![Text::code(&own.path), Text::plain(&own.bytes.to_string()), Text::code(&own.sha256)]
        });
        let titles = [(&columns.file, false), (&columns.bytes, true), (&columns.sha256, false)];
        let columns = titles.map(|(title, is_number)| Column { title: title.own(), is_number });
        Block::Table(Table { columns: columns.into(), rows: rows.collect() })
    }

    pub(super) fn tests(&self) -> Section {
        let m = self.m;
        let shown = |commands: &[String]| Block::Lines(commands.iter().map(|own| visible(own)).collect());
        let mut blocks = vec![Block::Paragraph(Text::message(m.verify.text()))];
        if !self.commands.verify_new.is_empty() {
            blocks.push(Block::Paragraph(Text::plain(m.verify_new.text())));
            blocks.push(shown(&self.commands.verify_new));
        }
        blocks.push(Block::Paragraph(Text::plain(m.verify_all.text())));
        blocks.push(shown(&self.commands.verify));
        if self.ticket.products.iter().any(|own| own.id == "pac") {
            blocks.push(Block::Paragraph(Text::message(m.verify_pac.text())));
        }
        if !self.commands.verify_new.is_empty() {
            blocks.push(Block::Paragraph(Text::message(m.verify_expected.text())));
        }
        self.section(Kind::Tests, blocks)
    }

    pub(super) fn rollback(&self) -> Section {
        let (ticket, m) = (self.ticket, self.m);
        let mut items = vec![m.take_out.of(ticket.added.len())];
        match ticket.change {
            Some(diff) => {
                items.push(m.put_back.of(ticket.removed.len()));
                if !ticket.covered.is_empty() {
                    items.push(m.put_back_covered.of(ticket.covered.len()));
                }
                if !ticket.instead.is_empty() {
                    items.push(m.take_out_instead.of(ticket.instead.len()));
                }
                items.push(m.restore.fill([&format!("`{}`", short(&diff.old.name))]));
            }
            None => items.push(m.withdraw.own()),
        }
        let items = items.iter().map(|item| Text::message(item)).collect();
        let mut blocks = vec![Block::List { ordered: true, items }];
        for product in &ticket.products {
            blocks.push(Block::Heading(visible(&product.title)));
            if let Some(change) = product.change {
                // The other way round: what was opened is taken out.
                let numbers =
                    m.undone_patterns.fill([&change.opened.to_string(), &change.closed.to_string()]);
                blocks.push(Block::Paragraph(Text::plain(&numbers)));
            }
            blocks.push(steps(&product.rollback));
        }
        self.section(Kind::Rollback, blocks)
    }
}

fn steps(steps: &[String]) -> Block {
    Block::List { ordered: true, items: steps.iter().map(|step| Text::message(step)).collect() }
}
