// Sends what a Node program asks to the server of the run, and nowhere else.
require("node:dns").setServers([process.env.PEERS_SERVER]);
