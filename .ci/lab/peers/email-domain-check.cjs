// Asks all that email-domain-check gives of a domain's DNS, at the same time.
const { DomainChecker } = require("email-domain-check");
const server = [process.env.PEERS_SERVER];
// Without its own fallback it would go on to public resolvers.
const checker = new DomainChecker({ server, failoverServers: [], useCache: false });
const target = process.argv[2];
const calls = ["getMxRecord", "getNameServers", "getSpfRecord", "getDmarcRecord", "getStsRecord"];
Promise.allSettled(calls.map((call) => checker[call](call === "getNameServers" ? target : { target, useCache: false }))).then((got) => {
	console.log(JSON.stringify(Object.fromEntries(calls.map((call, i) => [call, got[i].value ?? null]))));
	process.exit(0);
});
