// Checks PDF files against flavours of PDF/A and PDF/UA with the veraPDF library.
//   java -cp CLASSPATH VeraCheck.java FLAVOUR[,FLAVOUR...] FILE...
// Prints one line a check, separated by tabs: flavour, file, "compliant" or "failed", number of assertions, then each
// different failure as "clause-test message". A flavour that does not load is an error, never a pass.
import java.io.FileInputStream;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

public class VeraCheck {
    public static void main(String[] arguments) throws Exception {
        Logger.getLogger("").setLevel(Level.SEVERE);
        VeraGreenfieldFoundryProvider.initialise();
        for (String name : arguments[0].split(",")) {
            PDFAFlavour flavour = PDFAFlavour.fromString(name);
            for (int at = 1; at < arguments.length; at++) {
                check(flavour, name, arguments[at]);
            }
        }
    }

    private static void check(PDFAFlavour flavour, String name, String file) throws Exception {
        try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), flavour)) {
            PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, 100, false, true, false);
            ValidationResult result = validator.validate(parser);
            Set<String> failures = new LinkedHashSet<>();
            for (TestAssertion test : result.getTestAssertions()) {
                if (test.getStatus() == TestAssertion.Status.FAILED) {
                    failures.add(test.getRuleId().getClause() + "-" + test.getRuleId().getTestNumber() + " "
                        + String.valueOf(test.getErrorMessage()).replaceAll("\\s+", " "));
                }
            }
            String verdict = result.isCompliant() ? "compliant" : "failed";
            System.out.println(name + "\t" + file + "\t" + verdict + "\t" + result.getTotalAssertions() + "\t" + String.join("\t", failures));
        }
    }
}
