package platformtest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// MailgunDomain is the only sending domain that the account has.
const MailgunDomain = "mg.example.com"

// serveMailgun answers as mailgun/documentation describes: an object by domain,
// list and address, a 404 with the list's own sentence for none, one with
// another sentence for a domain that the account does not have. A removal
// without an address is one of the whole list.
func serveMailgun(s *Server, w http.ResponseWriter, r *http.Request, _ string) {
	if user, key, ok := r.BasicAuth(); !ok || user != "api" || key != Secret {
		say(w, http.StatusUnauthorized, `Forbidden`)
		return
	}
	none := map[string]string{
		"bounces": "Address not found in bounces table", "unsubscribes": "Address not found in unsubscribers table",
		"complaints": "No spam complaints found for this address",
	}
	removed := map[string]string{
		"bounces": "Bounced address has been removed", "unsubscribes": "Unsubscribe event has been removed", "complaints": "Spam complaint has been removed",
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	for i := range parts {
		parts[i], _ = url.PathUnescape(parts[i])
	}
	if len(parts) < 3 || parts[0] != "v3" || none[parts[2]] == "" {
		http.NotFound(w, r) // no JSON: a wrong address of the API
		return
	}
	list, address := parts[2], strings.Join(parts[3:], "/")
	if parts[1] != MailgunDomain {
		say(w, http.StatusNotFound, fmt.Sprintf(`{"message":"Domain not found: %s"}`, parts[1]))
		return
	}
	if r.Method == http.MethodDelete {
		switch {
		case address == "":
			s.clear(list)
			say(w, http.StatusOK, `{"message":"Bounced addresses for this domain have been removed"}`)
		case s.take(list, address):
			say(w, http.StatusOK, fmt.Sprintf(`{"message":%q,"address":%q}`, removed[list], address))
		default:
			say(w, http.StatusNotFound, fmt.Sprintf(`{"message":%q}`, none[list]))
		}
		return
	}
	e, ok := s.entry(list, address)
	at := e.Created.UTC().Format(time.RFC1123)
	switch {
	case !ok:
		say(w, http.StatusNotFound, fmt.Sprintf(`{"message":%q}`, none[list]))
	case list == "bounces":
		say(w, http.StatusOK, fmt.Sprintf(`{"address":%q,"code":%q,"error":%q,"created_at":%q}`, e.Address, e.Code, e.Reason, at))
	case list == "unsubscribes":
		say(w, http.StatusOK, fmt.Sprintf(`{"address":%q,"tags":[%q],"created_at":%q}`, e.Address, e.Code, at))
	default:
		say(w, http.StatusOK, fmt.Sprintf(`{"address":%q,"created_at":%q}`, e.Address, at))
	}
}
