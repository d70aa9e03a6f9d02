package letters

import (
	"reflect"

	"deadletter/diagnose/safe"
)

// Sample gives fields as a plain case has them, every one filled in: to try a
// text before a case needs it.
func Sample() *Fields {
	f := &Fields{
		Mark: "DL-7F3A", Address: "robin.hale@contoso.example", Short: "robin.hale@contoso.example", Domain: "contoso.example", Zone: "contoso.example",
		Sender: "billing@fabrikam.example", Sending: "fabrikam.example", Author: "fabrikam.example", RefusedAs: "unknown", Stage: "rcpt", Rejector: "gateway", Tested: "message",
		Host: "mx1.filter.example", Filter: "Contoso Mail Filter", Store: "Microsoft 365", Platform: "SendGrid", AskStore: "unknown",
		First: "1 and 3", Open: "1, 2, 3, 4 and 5", Resolver: "our resolver",
		ShellAddress: "'robin.hale@contoso.example'", ShellDomain: "'contoso.example'", ShellSender: "'billing@fabrikam.example'",
		Questions: []safe.Text{"1. ?", "2. ?", "3. ?", "4. ?", "5. ?"}, FilterQuestions: []safe.Text{"3. ?", "4. ?", "5. ?"},
		Found: []safe.Text{"1. the name servers do not agree on the MX"}, Servers: []safe.Text{"ns1.contoso.example: 2 MX"}, Records: []safe.Text{"- fabrikam.example publishes SPF"},
	}
	v := reflect.ValueOf(f).Elem()
	for i := range v.NumField() {
		if t, ok := reflect.TypeAssert[safe.Text](v.Field(i)); ok && t == "" {
			v.Field(i).Set(reflect.ValueOf(safe.Of(fieldsType.Field(i).Name)))
		}
	}
	return f
}
