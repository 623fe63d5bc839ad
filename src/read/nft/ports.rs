//! Sets of ports, cut and joined.

use crate::model::Ports;

/// No port.
pub(super) fn none() -> Ports {
    Ports::from_ranges([])
}

/// Whether no port is in the set.
pub(super) fn is_none(ports: &Ports) -> bool {
    ports.ranges().len() == 0
}

/// What is in both.
pub(super) fn both(one: &Ports, other: &Ports) -> Ports {
    if one == other {
        return one.clone();
    }
    let pairs = one.ranges().flat_map(|own| other.ranges().map(move |with| (own.clone(), with)));
    Ports::from_ranges(pairs.map(|(own, with)| *own.start().max(with.start())..=*own.end().min(with.end())))
}

/// What is in either.
pub(super) fn either(one: &Ports, other: &Ports) -> Ports {
    Ports::from_ranges(one.ranges().chain(other.ranges()))
}

/// What is in the first alone.
pub(super) fn without(one: &Ports, other: &Ports) -> Ports {
    both(one, &complement(other))
}

/// Every port that is not in the set.
pub(super) fn complement(ports: &Ports) -> Ports {
    let mut next = Some(0);
    let mut gaps = Vec::new();
    for range in ports.ranges() {
        let Some(from) = next else { break };
        if let Some(last) = range.start().checked_sub(1) {
            gaps.push(from..=last);
        }
        next = range.end().checked_add(1);
    }
    gaps.extend(next.map(|from| from..=u16::MAX));
    Ports::from_ranges(gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_cut_and_joined() {
        let web = Ports::from_ranges([80..=80, 443..=443, 8000..=8080]);
        assert_eq!(both(&web, &Ports::from_ranges([81..=8001])).to_string(), "443,8000-8001");
        assert_eq!(without(&web, &Ports::from_ranges([8000..=8079])).to_string(), "80,443,8080");
        assert_eq!(either(&Ports::one(80), &Ports::one(81)).to_string(), "80-81");
        assert_eq!(complement(&complement(&web)), web);
        assert_eq!(complement(&none()), Ports::any());
        assert!(is_none(&complement(&Ports::any())));
        assert!(is_none(&without(&web, &web)));
    }
}
