package config

// Example is a file with every key, as `deadletter config --example` prints it.
const Example = `# Mail servers, domains and networks that are ours. What they refuse is our own
# matter, and bounces that went through them are proved to be ours.
own_mta = ["out1.sender.example", "192.0.2.0/28"]

# Whom to ask for DNS, as --resolver takes it. Without this line: the system's.
# resolver = ["9.9.9.9", "149.112.112.112"]
# Encrypted, with the name that the certificate must hold:
# resolver = ["tls://9.9.9.9#dns.quad9.net", "https://dns.quad9.net/dns-query#149.112.112.112"]

# The way to copy: tmux, osc52, native or file. Without this line: the best there is.
# clipboard = "tmux"

# auto, always or never.
# color = "auto"

# A folder with letters of your own, from this file's folder on. A text in it
# takes the place of the one of the same name that is part of the program.
# "deadletter config --letters FOLDER" writes those out, to begin from.
# letters = "letters"

# Who runs hosts that the program does not know. role: gateway (filters for
# mailboxes elsewhere), host (holds mailboxes), gateway+host, forwarder.
[[operator]]
name = "Contoso Mail Filter"
role = "gateway"
mx = ["filter.contoso.example"]
ptr = ["nodes.contoso.example"]
console = "Filter console > Domains > Recipients"
remember = "90m"
clear = "Filter console > Recipients > Refresh"

# Accounts at sending platforms, beside those whose key is in the environment
# under the vendor's own name. The key itself never stands here: file (mode
# 0600), command, keyring or env says where it is. remove_key, for removing
# an entry, may be another key than the one for looking up.
# "deadletter suppression platforms" lists names, settings and permissions.
[[platform]]
name = "mailgun"
account = "shop"
settings = { domain = "mg.sender.example", region = "eu" }
key = { file = "mailgun.key" }
remove_key = { command = ["pass", "show", "mailgun/remove"] }
`
