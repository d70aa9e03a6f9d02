package platformtest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// serveSendGrid answers as twilio/sendgrid-oai describes: arrays of entries by
// list and address, an empty array for none, 404 for a removal of none. A
// removal without an address is one of the whole list.
func serveSendGrid(s *Server, w http.ResponseWriter, r *http.Request, body string) {
	if r.Header.Get("Authorization") != "Bearer "+Secret {
		say(w, http.StatusUnauthorized, `{"errors":[{"field":null,"message":"authorization required"}]}`)
		return
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/v3/"), "/")
	for i := range parts {
		parts[i], _ = url.PathUnescape(parts[i])
	}
	switch {
	case len(parts) == 4 && parts[0] == "asm" && parts[2] == "global":
		if e, ok := s.entry("global unsubscribes", parts[3]); ok {
			say(w, http.StatusOK, fmt.Sprintf(`{"recipient_email":%q}`, e.Address))
			return
		}
		say(w, http.StatusOK, `{}`)
	case len(parts) == 3 && parts[0] == "asm" && parts[1] == "suppressions":
		e, ok := s.entry("group unsubscribes", parts[2])
		say(w, http.StatusOK, fmt.Sprintf(`{"suppressions":[{"id":1,"name":"news","description":"","is_default":false,"suppressed":%t},{"id":2,"name":%q,"description":"","is_default":true,"suppressed":false}]}`, ok, e.Reason))
	case len(parts) == 2 && parts[0] == "suppression" && r.Method == http.MethodDelete:
		s.clear(parts[1])
		say(w, http.StatusNoContent, "")
	case len(parts) == 3 && parts[0] == "suppression" && r.Method == http.MethodDelete:
		if parts[2] == "" {
			s.clear(parts[1])
		} else if !s.take(parts[1], parts[2]) {
			say(w, http.StatusNotFound, `{"errors":[{"message":"no such address"}]}`)
			return
		}
		say(w, http.StatusNoContent, "")
	case len(parts) == 3 && parts[0] == "suppression":
		e, ok := s.entry(parts[1], parts[2])
		if !ok {
			say(w, http.StatusOK, `[]`)
			return
		}
		say(w, http.StatusOK, fmt.Sprintf(`[{"created":%d,"email":%q,"reason":%q,"status":%q}]`, e.Created.Unix(), e.Address, e.Reason, e.Code))
	default:
		say(w, http.StatusNotFound, `{"errors":[{"message":"not found"}]}`)
	}
}
