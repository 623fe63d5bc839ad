//! The functions that browsers give to a PAC.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::rc::Rc;

use ipnet::IpNet;
use rquickjs::context::EvalOptions;
use rquickjs::{Ctx, Function, Result};

use super::Use;

/// Their text, a function that is given what follows.
const TEXT: &str = include_str!("helpers.js");

/// Defines them. What they depend on goes to `uses`.
pub(super) fn define(cx: &Ctx<'_>, uses: &Rc<RefCell<BTreeSet<Use>>>) -> Result<()> {
    let uses = Rc::clone(uses);
    let used = Function::new(cx.clone(), move |name: String| {
        let used = match &*name {
            "dns" => Use::Dns,
            "own address" => Use::OwnAddress,
            "clock" => Use::Clock,
            "random" => Use::Random,
            "microsoft" => Use::Microsoft,
            _ => panic!("internal error: no use {name}"),
        };
        uses.borrow_mut().insert(used);
    })?;
    let in_net = Function::new(cx.clone(), |address: String, network: String| in_net(&address, &network))?;
    let sorted = Function::new(cx.clone(), |list: String| sorted(&list))?;
    let mut options = EvalOptions::default();
    options.strict = false;
    let define: Function<'_> = cx.eval_with_options(TEXT, options)?;
    define.call((cx.globals(), used, in_net, sorted))
}

/// Whether an address is in a network, `2001:db8::/32`. What is no address is in none.
fn in_net(address: &str, network: &str) -> bool {
    let (address, network) = (address.parse::<IpAddr>(), network.parse::<IpNet>());
    address.is_ok_and(|address| network.is_ok_and(|network| network.contains(&address)))
}

/// Addresses between semicolons, those of IPv6 first; nothing where one is none.
fn sorted(list: &str) -> String {
    let addresses: std::result::Result<Vec<IpAddr>, _> =
        list.split(';').map(|own| own.trim().parse::<IpAddr>()).collect();
    let Ok(mut addresses) = addresses else { return String::new() };
    addresses.sort_by_key(|own| (own.is_ipv4(), *own));
    addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(";")
}
