package operator

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

// TestCollectedRows looks every MX name of the collected catalogue up by a host
// made from its pattern: each is found, as the operator and with the role that
// were collected.
func TestCollectedRows(t *testing.T) {
	f, err := os.Open("../../../shared/catalogue/operators.tsv")
	if err != nil {
		t.Skip("the collected catalogue is not here")
	}
	defer f.Close()
	lines, found := bufio.NewScanner(f), 0
	lines.Buffer(nil, 1<<20)
	for n := 0; lines.Scan(); n++ {
		c := strings.Split(lines.Text(), "\t")
		if n == 0 || len(c) < 10 || c[9] != "mx" || strings.Contains(c[0], "{domain}") {
			continue
		}
		pattern, match, name, role := c[0], c[1], c[2], Role(c[3])
		if match == "banner" {
			if op, ok := Default().Signed("550 5.1.1 refused - " + pattern); !ok {
				t.Errorf("%s: not found in a reply: %q", pattern, op.Name)
			}
			continue
		}
		hosts := []string{strings.ReplaceAll(pattern, "*", "x1")}
		if host := heldNarrower[pattern]; host != "" {
			hosts = []string{host}
		}
		if match == "suffix" {
			hosts = append(hosts, "mx1."+pattern)
		}
		for _, host := range hosts {
			op, ok := Lookup(host)
			if !ok {
				t.Errorf("%s: %s is not found", pattern, host)
				continue
			}
			if same, ok := sameRole[role]; ok {
				role = same
			}
			if why := heldOtherwise[name]; why == "" && (op.Name != name || op.Role != role) {
				t.Errorf("%s: %q as %s, collected %q as %s", host, op.Name, op.Role, name, role)
			}
		}
		found++
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d names", found)
}

// sameRole are roles that the collection tells apart and the flowchart does
// not: what they can refuse, and whom to ask, is the same.
var sameRole = map[Role]Role{
	"inbound-api":   Sending, // a platform's way in
	"panel-default": Host,    // mailboxes on the web server
	"parked/null":   Parked,  // a null MX is parked, too
}

// heldNarrower are patterns that we hold to be too wide, with a host that both find.
var heldNarrower = map[string]string{
	"ip-*.eu": "ip-1-2-3.eu", // any name may begin so; three numbers are a hoster's own
}

// heldOtherwise are operators whose name or role we hold to be another than
// collected, by the collected name, with the reason.
var heldOtherwise = map[string]string{
	"1secmail / moakt / discard.email / yopmail":            "one kind of service, told in words",
	"AWS EC2 customer VM":                                   "told in words: anybody may run anything there",
	"OVH/GoDaddy/Strato VPS names":                          "told in words: anybody may run anything there",
	"Bodis / generic parking":                               "one kind of service, told in words",
	"h-email.net parking (Team Internet/ParkingCrew style)": "the name without a guess at its owner",
	"Null MX (RFC 7505)":                                    "the name without its source",
	"localhost MX":                                          "the name alone",
	"mailerhost.net / mb5p.com (parking-typo MX)":           "told in words",
}

// TestEveryRowHasASource reads the tables that have no test of their rows
// elsewhere: each row names its source, and stands once.
func TestEveryRowHasASource(t *testing.T) {
	for _, table := range []struct {
		name, tsv string
		columns   []string
		key       int // how many leading cells tell rows apart
	}{
		{"hosted.tsv", hostedTSV, hostedColumns, 2},
		{"platforms.tsv", platformsTSV, platformColumns, 1},
		{"voices.tsv", voicesTSV, voiceColumns, 1},
	} {
		cells, err := readTable(table.name, table.tsv, table.columns)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, c := range cells {
			key := strings.Join(c[:table.key], " ")
			if key == "" || seen[key] {
				t.Errorf("%s: %q stands twice, or has no name", table.name, key)
			}
			seen[key] = true
			if source := c[len(c)-1]; table.columns[len(c)-1] == "source" && source == "" {
				t.Errorf("%s: %q has no source", table.name, key)
			}
		}
	}
}
