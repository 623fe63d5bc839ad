//! What products can say.

macro_rules! products {
    ([$next:ident $($rest:ident)*] $($before:tt)*) => {
        $next! {
            [$($rest)*] $($before)*

            /// A product that lets more through than the policy asks for, since it cannot say less.
            ///
            /// On a list not to be inspected this is a security finding: that traffic is not looked at. The finding
            /// names a shortest request that shows the difference.
            ///
            /// Example: a PAC file decides on the host alone, so every port of the host is let through.
            ///
            /// Instead: accept it, or leave such rules out of the product: `tolerances: { port: hold }`.
            WiderThanPolicy = "wider-than-policy", Warn;
            /// A product that lets less through than the policy asks for.
            ///
            /// An outage waits there. The finding names a shortest request that shows the difference.
            ///
            /// Example: a product that matches whole path segments, for a rule on the start of one.
            ///
            /// Instead: open the rest in the product by hand, or correct the pattern to what it can say.
            NarrowerThanPolicy = "narrower-than-policy", Warn;
            /// A rule that a product cannot say, or only by saying far more.
            ///
            /// It is left out of that product, so the hosts stay closed there.
            ///
            /// Example: PAN-OS has no `*cdn.example.com`.
            ///
            /// Instead: name the hosts under `select: include:`, or correct the pattern:
            /// `corrections: { "*cdn.example.com": .cdn.example.com }`. `thruway targets` shows what each product can
            /// say.
            UnsupportedByTarget = "unsupported-by-target", Hold;
            /// More than the product takes, or enough to slow it down.
            ///
            /// What is over a limit the product skips, mostly without a word to its users.
            ///
            /// Example: an external dynamic list of 60,000 URLs on a firewall that takes 50,000 in all.
            ///
            /// Instead: select fewer endpoints, or name the model in the profile where its limit is higher.
            LimitExceeded = "limit-exceeded", Warn;
            /// A model of a product whose limits are not on record.
            ///
            /// The smallest known limits are used, and warnings may come too early.
            ///
            /// Example: `targets: { paloalto: { model: PA-1 } }`.
            ///
            /// Instead: check the spelling; the finding names the models that are known. Compare with the product's
            /// own figures.
            UnknownModel = "unknown-model", Warn;
            /// A product whose lists are written without the rules that use them.
            ///
            /// A list that no rule names lets nothing through. PAN-OS needs to know which zones a rule is between and
            /// for which clients it is; a rule for every zone and client would open more than was asked, so none is
            /// written in its place.
            ///
            /// Example: `targets: { paloalto: {} }`, or one without `sources`.
            ///
            /// Instead: name all three under `targets: paloalto:`, as `from_zones: [trust]`, `to_zones: [untrust]` and
            /// `sources: [10.0.0.0/8]`. Or fill in `rules.template.txt`, which has every rule with the places left open.
            RulesIncomplete = "rules-incomplete", Warn;
        }
    };
}

pub(super) use products;
