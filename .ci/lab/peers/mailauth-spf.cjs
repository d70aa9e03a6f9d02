// Evaluates the SPF record of a domain for an address that it does not name.
const { spf } = require("mailauth/lib/spf");
const domain = process.argv[2];
spf({ sender: "robin@" + domain, ip: "203.0.113.9", helo: "host.example.net", mta: "mx.example.net" })
	.then((got) => console.log(JSON.stringify({ result: got.status.result, lookups: got.lookups.count })));
