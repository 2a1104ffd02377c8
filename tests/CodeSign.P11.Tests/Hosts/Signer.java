import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Java as a host: eight threads sign while others collect garbage, raise null pointer faults and start programs. Arguments: rounds, a folder. */
final class Signer {
    private static final int THREADS = 8;
    private static final byte[] DATA = new byte[100];

    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        Path configuration = Path.of(arguments[1], "sunpkcs11.cfg");
        Files.writeString(configuration, "name = host\nlibrary = " + System.getenv("CODESIGN_P11_MODULE") + "\nslotListIndex = 0\n");
        Provider provider = Security.getProvider("SunPKCS11").configure(configuration.toString());
        KeyStore store = KeyStore.getInstance("PKCS11", provider);
        store.load(null, System.getenv("CODESIGN_PIN").toCharArray());
        PrivateKey key = (PrivateKey) store.getKey("p256", null);
        PublicKey publicKey = store.getCertificate("p256").getPublicKey();

        AtomicInteger verified = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread[] threads = new Thread[THREADS];
        for (int i = 0; i < THREADS; i++) {
            threads[i] = new Thread(() -> {
                try {
                    for (int round = 0; round < rounds; round++) {
                        signOnce(provider, key, publicKey);
                        verified.incrementAndGet();
                    }
                } catch (Throwable thrown) {
                    failure.set(thrown);
                }
            });
            threads[i].start();
        }
        int faults = 0;
        while (verified.get() < THREADS * rounds && failure.get() == null) {
            System.gc();
            for (int i = 0; i < 1000; i++) {
                faults += raiseNullPointer(i % 2 == 0 ? null : "");
            }
            if (new ProcessBuilder("/bin/true").start().waitFor() != 0) {
                throw new IllegalStateException("a program failed");
            }
        }
        for (Thread thread : threads) {
            thread.join();
        }
        if (failure.get() != null) {
            throw new IllegalStateException(failure.get());
        }
        System.out.println(verified.get() + " signatures verified, " + faults + " faults");
    }

    private static void signOnce(Provider provider, PrivateKey key, PublicKey publicKey) throws Exception {
        Signature signer = Signature.getInstance("SHA256withECDSA", provider);
        signer.initSign(key);
        signer.update(DATA);
        byte[] signature = signer.sign();
        Signature verifier = Signature.getInstance("SHA256withECDSA", "SunEC");
        verifier.initVerify(publicKey);
        verifier.update(DATA);
        if (!verifier.verify(signature)) {
            throw new IllegalStateException("a bad signature");
        }
    }

    private static int raiseNullPointer(String text) {
        try {
            return text.length();
        } catch (NullPointerException expected) {
            return 1;
        }
    }
}
