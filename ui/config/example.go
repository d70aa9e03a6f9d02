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

# For the retry: the name that this machine gives to mail servers (EHLO); without it
# its own, where that resolves forward and back.
# ehlo = "workbench.sender.example"

# Envelope sender of a probe; without it postmaster at the sender's domain.
# "<>", the null sender, is refused by some hosts for that alone.
# probe_from = "postmaster@sender.example"

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
# For the one test message through the platform's SMTP service; a key of its
# own, with permission to send. send_user where the platform gives you a login.
send_user = "postmaster@mg.sender.example"
send_key = { file = "mailgun-smtp.key" }

# Our own mail server, for the one test message where no platform was in the
# path. security: starttls, tls, or plain for a relay on this machine; without it
# by the port. address, where the resolver does not know the name. mechanism =
# "xoauth2" where the key is a bearer token. from, where the bounce does not
# tell the envelope sender. ehlo, where it wants another name than others.
[relay]
host = "out1.sender.example"
port = 587
user = "deadletter"
key = { file = "relay.key" }
`
