package platformtest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// serveResend answers as resend/resend-openapi describes: one list, entries by
// number or address. It refuses requests without a name of the program. The
// code of an entry is its origin.
func serveResend(s *Server, w http.ResponseWriter, r *http.Request, _ string) {
	switch {
	case r.Header.Get("User-Agent") == "":
		say(w, http.StatusForbidden, `{"statusCode":1010,"name":"forbidden","message":"error code: 1010"}`)
		return
	case r.Header.Get("Authorization") != "Bearer "+Secret:
		say(w, http.StatusUnauthorized, `{"statusCode":401,"name":"invalid_api_key","message":"API key is invalid"}`)
		return
	}
	which, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/suppressions/"))
	if err != nil || which == "" || strings.HasPrefix(r.URL.Path, "/suppressions/batch/") {
		say(w, http.StatusNotFound, `{"statusCode":404,"name":"not_found","message":"The requested endpoint does not exist"}`)
		return
	}
	e, ok := s.entry("suppressions", which)
	if !ok {
		e, ok = s.numbered("suppressions", which)
	}
	switch {
	case !ok:
		say(w, http.StatusNotFound, `{"statusCode":404,"name":"not_found","message":"Suppression not found"}`)
	case r.Method == http.MethodDelete:
		s.take("suppressions", e.Address)
		say(w, http.StatusOK, fmt.Sprintf(`{"object":"suppression","id":%q,"deleted":true}`, e.ID))
	default:
		origin := e.Code
		if !slices.Contains([]string{"complaint", "manual", "other"}, origin) {
			origin = "bounce"
		}
		say(w, http.StatusOK, fmt.Sprintf(`{"object":"suppression","id":%q,"email":%q,"origin":%q,"source_id":"m-1","created_at":%q}`,
			e.ID, e.Address, origin, e.Created.UTC().Format("2006-01-02 15:04:05.999")+"+00"))
	}
}
