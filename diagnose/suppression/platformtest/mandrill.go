package platformtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// serveMandrill answers as mandrillapp.com/api/docs/rejects.JSON.html: all by
// POST with the key in the body, errors as HTTP 500 with a name. The code of an
// entry is its reason, hard-bounce where it has none.
func serveMandrill(s *Server, w http.ResponseWriter, r *http.Request, body string) {
	var in struct{ Key, Email, Subaccount string }
	if json.Unmarshal([]byte(body), &in) != nil || in.Key != Secret {
		say(w, http.StatusInternalServerError, `{"status":"error","code":-1,"name":"Invalid_Key","message":"Invalid API key"}`)
		return
	}
	switch r.URL.Path {
	case "/rejects/list.json":
		var rows []string
		for _, e := range s.all("rejects") {
			if in.Email != "" && !strings.EqualFold(e.Address, in.Email) {
				continue
			}
			rows = append(rows, fmt.Sprintf(`{"email":%q,"reason":%q,"detail":%q,"created_at":%q,"last_event_at":%q,"expires_at":%q,"expired":%t,"sender":null,"subaccount":null}`,
				e.Address, or(e.Code, "hard-bounce"), e.Reason, e.Created.UTC().Format("2006-01-02 15:04:05"), e.Created.UTC().Format("2006-01-02 15:04:05"),
				e.Created.UTC().AddDate(0, 0, 7).Format("2006-01-02 15:04:05"), e.Code == "expired"))
		}
		say(w, http.StatusOK, "["+strings.Join(rows, ",")+"]")
	case "/rejects/delete.json":
		if in.Email == "" {
			say(w, http.StatusInternalServerError, `{"status":"error","code":-2,"name":"ValidationError","message":"email is required"}`)
			return
		}
		say(w, http.StatusOK, fmt.Sprintf(`{"email":%q,"deleted":%t,"subaccount":null}`, in.Email, s.take("rejects", in.Email)))
	default:
		say(w, http.StatusNotFound, `{"status":"error","name":"Unknown_Method"}`)
	}
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
