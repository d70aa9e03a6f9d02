// Package dnstest answers DNS questions from zone text: as a [Resolver] in
// process that opens no socket, and as a [Server] on loopback addresses that
// can be slow, deaf or lying.
//
// # Zone text
//
// Ordinary zone files (RFC 1035 section 5), several zones in one text, reverse
// zones among them. Names are absolute, or relative to $ORIGIN, which starts
// as the root. $INCLUDE is refused. A SOA marks the top of a zone, and with it
// what does not exist below is NXDOMAIN with that SOA; so does an NS, without
// a SOA to show. Names whose zone has neither are judged by what else the text
// holds next to them. A name far from everything in the text is refused: the
// text knows nothing of it. A SOA at the root makes it NXDOMAIN.
//
// # Directives
//
// Comment lines that begin with ";@" say what zone files cannot. Names in them
// follow $ORIGIN; "*" stands for every name, and a type left out or "*" for
// every type.
//
//	;@ view ADDRESS...     what follows is only what these server addresses answer
//	;@ view resolver       what follows is only what a resolver answers, from its cache as it were
//	;@ view all            what follows is answered by all; so is the start of the text
//	;@ outcome OUTCOME NAME [TYPE [CODE [TEXT...]]]
//	;@ secure NAME         a resolver gives answers at and below NAME as validated (AD)
//
// Records of a view replace those of "all" with the same name and type. An
// outcome belongs to the view that it stands in. OUTCOME is timeout, servfail,
// bogus, refused, other_rcode, truncated, malformed, offline, nodata or
// nxdomain; CODE and TEXT are an extended error (RFC 8914) that comes along.
//
// # Who answers
//
// A question without a server goes to the resolver, which follows aliases
// through all zones. A question to a server address is answered with authority
// (AA) where an NS of the zone has that address, or a view of that address has
// records or outcomes of the zone; where the server has a zone above it, with
// a referral; else it is refused.
package dnstest
